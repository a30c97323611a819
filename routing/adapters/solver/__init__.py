"""Runs tour engines in child processes that can be stopped at any moment."""
