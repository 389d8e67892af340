"""Who may open the sandbox's pages and call its control endpoints."""

from __future__ import annotations

import pytest

from target_gleantap.sandbox.access import Access, is_loopback
from target_gleantap.sandbox.http_messages import HttpRequest


def call(**headers):
    query = headers.pop("query", "")
    return HttpRequest("GET", "/", query, {"host": "127.0.0.1:8130", **headers})


def test_without_a_token_this_machine_looks_and_no_other_site():
    access = Access()
    assert access.refusal(call()) is None
    assert access.refusal(call(origin="http://127.0.0.1:8130")) is None
    for headers in (
        {"host": "rebound.example.com"},
        {"origin": "https://example.com"},
        {"origin": "http://localhost:3000"},
        {"origin": "null"},
    ):
        assert access.refusal(call(**headers)).status == 403


def test_with_a_token_nobody_looks_without_it():
    access = Access("a; b=c")
    assert access.refusal(call()).status == 401
    assert access.refusal(call(cookie="sandbox_token=wrong")).status == 401
    assert access.refusal(call(authorization="Bearer wrong")).status == 401
    assert access.refusal(call(authorization="Bearer a; b=c", host="box.example.com")) is None
    led_on = access.refusal(call(query="token=a%3B+b%3Dc"))
    assert (led_on.status, led_on.headers["Location"]) == (303, "/")
    cookie, *attributes = led_on.headers["Set-Cookie"].split("; ")
    assert attributes == ["Path=/", "HttpOnly", "SameSite=Strict"]
    assert access.refusal(call(cookie=cookie)) is None
    assert access.refusal(call(cookie=cookie, origin="https://example.com")).status == 403


@pytest.mark.parametrize(
    ("host", "own"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("192.0.2.1", False), ("box", False)],
)
def test_addresses_of_this_machine_alone(host, own):
    assert is_loopback(host) is own
