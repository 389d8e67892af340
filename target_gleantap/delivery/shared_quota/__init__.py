"""One quota for many runs, through Redis."""
