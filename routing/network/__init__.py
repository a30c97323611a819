"""The marketplace's network as data: who sells what from where, who moves it, at what price."""
