"""What is about to be sent is taken in, however much of it there is."""

import pytest

from target_gleantap.ledger.connect import open_ledger
from target_gleantap.ledger.rows import Mark

SCOPE = ("gleantap", "account", "contact")


@pytest.mark.parametrize("count", [1, 300_000])
def test_a_removal_puts_the_contact_in_doubt_that_the_vendor_knows_by_this_id(count, tmp_path):
    """Two for each record of a batch, which may hold 100,000: no statement takes as many values."""
    ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}", "a-secret-of-the-tests")
    source = ledger.source(SCOPE, "members", "members:contact", once=False)
    keys = [source.keys.hash_key([name]) for name in ("removed", "other")]
    ledger.claim([(key, source, None) for key in keys])
    ledger.mark([Mark(key, b"f" * 16, {"_id": str(key[0])}) for key in keys])
    ledger.claim([], doubted=[{"_id": str(keys[0][0])}] * count)
    known = ledger.look_up(keys)
    ledger.close()
    assert [known[key].fingerprint is None for key in keys] == [True, False]
