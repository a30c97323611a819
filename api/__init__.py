"""The doors: HTTP, worker, command line; the only room that knows all others."""
