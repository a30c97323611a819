"""Real orders in the format of the Olist data set: what they say, and the network behind them."""
