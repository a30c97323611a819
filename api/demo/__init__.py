"""The demo: one cart's way, a simulated week, real carts; told in tables and as a page."""
