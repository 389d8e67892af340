"""How many requests may be under way at once."""
