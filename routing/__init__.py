"""Decide how goods move: sourcing, packing, lanes, promises, consolidation, tours."""
