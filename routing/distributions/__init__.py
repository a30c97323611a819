"""Distributions of days: where they come from when little is known, how they combine, what to promise."""
