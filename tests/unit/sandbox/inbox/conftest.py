from __future__ import annotations

import pytest

from target_gleantap.sandbox.account.account import Account, Options
from target_gleantap.sandbox.http_messages import HttpRequest
from target_gleantap.sandbox.vendors import load

CONTACT = "/v2/ExternalApi/newContact"
KEYS = {
    "x-api-key": "sandbox-key",
    "x-secret-key": "sandbox-secret",
    "content-type": "application/json",
}


@pytest.fixture
def account():
    vendor = load("gleantap")
    return Account(vendor, Options(vendor.credentials, log_size=200))


@pytest.fixture
def send(account):
    """Sends a contact to the account; returns its entry in the request log."""

    def send_contact(number=1, **more):
        fields = {"app_id": "sandbox-app", "user_id": str(number), "first_name": "Ada", **more}
        members = ", ".join(f'"{name}": "{value}"' for name, value in fields.items())
        request = HttpRequest("POST", CONTACT, "", KEYS, f"{{{members}}}".encode())
        exchange = account.receive(request, 1, lambda: False)
        account.end_request(exchange.entry, exchange.reply.status)
        return exchange.entry

    return send_contact
