"""One account of a vendor: what arrives, and what is kept of it."""
