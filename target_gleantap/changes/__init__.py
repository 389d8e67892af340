"""Only what changed: what a run does with a ledger."""
