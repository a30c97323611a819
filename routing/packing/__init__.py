"""Packing: the cheapest boxes for a set of goods, and where each piece goes."""
