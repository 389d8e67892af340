"""Record to request body: which mapping, and what it makes."""
