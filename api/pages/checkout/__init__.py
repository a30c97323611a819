"""The checkout playground: fill a cart, see which days and prices are possible, place an order."""
