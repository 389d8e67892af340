"""What was delivered before, kept from run to run.

fingerprints    keys and bodies to keyed hashes; pure
words           what is asked of a ledger and told to it
tables          what is kept, and the versions that it went through
opening         a URL to an open database, or to a clear fault: `open_ledger`
transactions    what lasts how well, and what a database's errors mean
locks           one run at a time for each stream
statements      the statements by which a run checks, claims and marks
store           what a run asks of it, and tells it: `Ledger`
census          what is asked before anything is removed: `Census`
upkeep          looking in, and forgetting: `Upkeep`

One thread owns a ledger. It knows hashes, the vendor's own ids, and the names of streams and
mappings; no body, no name and no address ever comes here. Nothing is imported here: a run without
a ledger does without SQLAlchemy.
"""
