"""Plan a cart: every best trade-off of cost, date, parcels and CO2e, exact and explained."""
