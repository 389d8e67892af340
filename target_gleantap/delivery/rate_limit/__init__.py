"""How many requests may leave in a time."""
