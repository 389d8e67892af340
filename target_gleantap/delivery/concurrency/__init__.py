"""How many requests may be in flight at once."""
