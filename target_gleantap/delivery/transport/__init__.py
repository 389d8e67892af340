"""HTTP by curl: many requests under way on one thread."""
