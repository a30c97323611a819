"""Re-plan committed, unreleased orders together under shared stock and capacity."""
