"""Talk to carriers: services, tariffs, booking, labels, manifests, scans."""
