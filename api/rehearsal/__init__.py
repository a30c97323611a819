"""A rehearsal: a scenario on a marketplace of its own, its books, its page."""
