"""The page in a driver's hand: the next stop, and what was done there."""
