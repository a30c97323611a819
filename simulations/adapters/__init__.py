"""Clients of the outside that rehearsals read: published data sets."""
