"""Clients of real and simulated carriers: `client.py` talks, `wire.py` translates purely."""
