"""Every page is there, for every vendor."""

from __future__ import annotations

import pytest

from target_gleantap.sandbox.account.account import Account, Options
from target_gleantap.sandbox.http_messages import HttpRequest
from target_gleantap.sandbox.inbox import pages
from target_gleantap.sandbox.vendors import load, names

HERE = {"host": "127.0.0.1:8130"}


def get(account, path, query=""):
    return pages.answer(account, HttpRequest("GET", path, query, HERE))


@pytest.mark.parametrize("name", names())
def test_the_pages_are_there_for_every_vendor(name):
    vendor = load(name)
    account = Account(vendor, Options(vendor.credentials))
    for operation in vendor.operations:
        for body in (b"{}", b"not json", b"[1]"):
            request = HttpRequest(operation.method, operation.path, "", {}, body)
            exchange = account.receive(request, 1, lambda: False)
            account.end_request(exchange.entry, exchange.reply.status)
    for path in ("/", *(f"/_inbox/{page}" for page in ("contacts", "events", "fields", "faults"))):
        page = get(account, path)
        assert page.status == 200
        assert vendor.destination.title.encode() in page.content
    assert get(account, "/_inbox/requests", "outcome=refused").status == 200
    assert get(account, "/_inbox/requests/1").status == 200
    for path in ("contacts/none", "events/none", "requests/0", "requests/x", "static/x", "nothing"):
        assert get(account, f"/_inbox/{path}").status == 404
