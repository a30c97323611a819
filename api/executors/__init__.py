"""Engines behind the plan executor port: inline, process pool, Ray."""
