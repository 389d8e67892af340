"""One rate limit for many runs, through Redis."""
