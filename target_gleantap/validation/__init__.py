"""A JSON value against a JSON Schema: accept fast, explain slowly, repeat no value."""
