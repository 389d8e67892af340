"""A Singer target that delivers contacts and events, record by record, to a vendor's API."""
