"""What became of every record: the books, the rejects, and which state may leave."""
