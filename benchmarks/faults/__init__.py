"""Fault suites: what must never happen, tried many times; each module has `run(runs, seed)`."""
