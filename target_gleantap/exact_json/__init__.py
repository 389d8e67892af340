"""JSON in and out, numbers with their exact text."""
