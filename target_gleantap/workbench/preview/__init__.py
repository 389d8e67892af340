"""The command `preview`."""
