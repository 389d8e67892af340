"""How a run fares while it runs."""
