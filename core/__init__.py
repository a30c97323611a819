"""Words that two or more rooms speak: money, units, clock, places, ids, calendars, errors."""
