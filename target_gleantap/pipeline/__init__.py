"""The way of a record, from its message to its end; one run of it."""
