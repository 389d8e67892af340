"""The command `scaffold`."""
