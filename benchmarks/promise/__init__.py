"""How well promises learned from real orders are kept: a strict walk-forward evaluation."""
