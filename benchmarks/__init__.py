"""Speed and solution quality, measured against published values on fixed instances."""
