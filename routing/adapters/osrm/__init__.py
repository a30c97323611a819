"""Travel matrices from a road engine that speaks OSRM's table service."""
