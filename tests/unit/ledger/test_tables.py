"""Versions of the tables: a ledger is brought up to date once, and never loses what it knows."""

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from target_gleantap.ledger.connect import open_ledger
from target_gleantap.ledger.tables import MIGRATIONS, migrate, version

SECRET = "a-secret-of-the-tests"  # noqa: S105 - of nothing else
SCOPE = ("gleantap", "account", "contact")


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'folder' / 'ledger.db'}"


def test_a_fresh_ledger_has_the_newest_version(url):
    open_ledger(url, SECRET).close()
    with create_engine(url, poolclass=NullPool).connect() as connection:
        assert version(connection) == len(MIGRATIONS)


def test_an_older_one_is_brought_up_to_date_step_by_step(url):
    """As a later release will do it."""

    def first(connection):
        connection.execute(text("ALTER TABLE ledger_entries ADD COLUMN remark TEXT"))

    def second(connection):
        connection.execute(text("UPDATE ledger_entries SET remark = 'kept'"))

    ledger = open_ledger(url, SECRET)
    ledger.lock(("gleantap", "account", "members"))
    source = ledger.source(SCOPE, "members", "members:contact", once=False)
    ledger.claim([(source.keys.hash_key(["1"]), source, None)])
    ledger.close()
    with create_engine(url, poolclass=NullPool).connect() as connection:
        for steps in ((*MIGRATIONS, first), (*MIGRATIONS, first, second)):
            migrate(connection, steps)
            migrate(connection, steps)
            assert version(connection) == len(steps)
        assert connection.scalar(text("SELECT remark FROM ledger_entries")) == "kept"
        connection.commit()


def test_what_a_run_that_died_had_claimed_is_in_doubt_and_nobodys(url):
    ledger = open_ledger(url, SECRET)
    source = ledger.source(SCOPE, "members", "members:contact", once=False)
    key = source.keys.hash_key(["1"])
    ledger.claim([(key, source, None)])
    ledger.close()
    again = open_ledger(url, SECRET)
    source = again.source(SCOPE, "members", "members:contact", once=False)
    assert again.look_up([key])[key].fingerprint is None
    claims = again.connection.scalar(text("SELECT count(claim) FROM ledger_entries"))
    again.close()
    assert claims == 0
