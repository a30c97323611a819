"""The sandbox carrier: over HTTP (`client.py`, `wire.py`) or in process (`local.py`)."""
