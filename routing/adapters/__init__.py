"""Clients of the outside that planning may ask: road engines."""
