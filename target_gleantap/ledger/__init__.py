"""The record of what was delivered before, kept from run to run.

fingerprints    keys and bodies to keyed hashes; pure
rows            the values that a ledger returns and takes
tables          the tables, and how each release changes them
connect         a URL to an open database, or to a clear error: `open_ledger`
transactions    how durable a write is, and what a database's errors mean
locks           one run at a time for each stream
statements      the SQL by which a run checks, claims and marks
store           what a run reads from it and writes to it: `Ledger`
counts          what is counted before anything is removed: `RowCounts`
snapshot        a private copy for a dry run: `open_copy`
maintenance     look in, and forget: `Maintenance`
cli             the command `ledger`

One thread owns a ledger. It holds hashes, the vendor's own ids, and the names of streams and
mappings; no body, no name and no address is ever kept here. Nothing is imported here, so that a
run without a ledger does not load SQLAlchemy.
"""
