"""Know where goods are: journeys, ETA, incidents, notices."""
