"""Clients of the outside that notices leave through."""
