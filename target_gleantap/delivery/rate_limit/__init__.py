"""How many requests may be sent per time."""
