"""A ledger of each kind: every test that asks for `ledger` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import uuid
from collections import Counter
from urllib.parse import quote

import psycopg
import pytest

SERVER = os.environ.get("TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/test")
SECRET = "a-secret-of-the-tests"  # noqa: S105 - of nothing else


@pytest.fixture(scope="session")
def server():
    """A PostgreSQL to make schemas in."""
    try:
        with psycopg.connect(SERVER, connect_timeout=2):
            return SERVER
    except psycopg.OperationalError:
        if os.environ.get("NEED_POSTGRES"):
            pytest.fail(f"no PostgreSQL at {SERVER}, and this run must not do without")
        pytest.skip(f"no PostgreSQL at {SERVER}; TEST_POSTGRES_URL names another one")


@pytest.fixture
def postgres(server):
    """The URL of an empty schema of its own."""
    schema = f"ledger_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
    yield f"{server}?options={quote(f'-csearch_path={schema}')}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP SCHEMA {schema} CASCADE")


@pytest.fixture
def sqlite(tmp_path):
    return f"sqlite:///{tmp_path / 'ledger.db'}"


@pytest.fixture(params=["sqlite", "postgres"])
def ledger(request):
    """The settings that turn a ledger on."""
    return {"ledger_url": request.getfixturevalue(request.param), "ledger_secret": SECRET}


@pytest.fixture
def sent(sandbox):
    """How often each resource was asked for since the last look."""
    seen = 0

    def sent():
        nonlocal seen
        new = sandbox.requests[seen:]
        seen += len(new)
        return Counter(request["resource"] for request in new)

    return sent
