"""Tests of checkout planning."""
