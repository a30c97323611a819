"""Tours on published and generated instances: gaps, shipments, trips, re-planning, both legs."""
