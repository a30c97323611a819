"""Bring goods back, put things right: policy, RMA, inspection, disposition, cases."""
