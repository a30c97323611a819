"""The table carrier: tariffs and own numbers, labels and manifests; no outside to talk to."""
