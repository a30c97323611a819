"""Pages of who sends vehicles out: days of tours, their map and chart, the drivers' links."""
