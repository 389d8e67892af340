"""What vendors answer."""

from __future__ import annotations

from fault import ALL, NONE, SOME, Fault, on_one, passing, stopping

HOLD = {"Retry-After": "1"}
DOWN = {"retry_deadline_seconds": 1}


def _rejecting(status: int, meaning: str, *, short: bool = False) -> Fault:
    return Fault(
        f"{status} ({meaning})",
        "for one record, each time it comes",
        1,
        "rejected",
        ALL - 1,
        rejected=1,
        rules=on_one("status", status=status, body={"message": "no"}),
        short=short,
    )


def _throttled(form: str, headers: dict[str, str], *, short: bool = False) -> Fault:
    name, tried = f"429, {form}", "once, for one record; everyone is held back"
    rules = on_one("status", status=429, headers=headers, times=1)
    return Fault(name, tried, repeated=1, rules=rules, short=short)


def _redirected(status: int, what: str, location: str, place: str = "here", **more: bool) -> Fault:
    return Fault(
        f"{status} to {what}",
        "from the 11th request on; what is there must receive nothing",
        3,
        "redirect",
        SOME,
        SOME,
        rules=({"fault": "redirect", "status": status, "location": location, "after": 10},),
        place=place,
        **more,
    )


ANSWERS = (
    Fault("nothing", "a run without any fault, to compare with", next_exit_code=None, short=True),
    Fault(
        "200 that says failure",
        "for one record, each time it comes",
        1,
        "rejected",
        ALL - 1,
        rejected=1,
        rules=on_one("failure_in_200"),
    ),
    passing("200 with a proxy's page", "twice, for one record", "html"),
    passing("200 with nothing in it", "twice, for one record, which was taken", "empty"),
    passing(
        "200 with JSON that is cut off",
        "twice, for one record, which was taken; the length is as told",
        "status",
        status=200,
        body='{"status": "succ',
        carried_out=True,
    ),
    _redirected(307, "another host", "{elsewhere}/v2/ExternalApi/newContact"),
    _redirected(302, "another host", "{elsewhere}/"),
    _redirected(308, "the same host", "{here}/v2/ExternalApi/newContact"),
    _redirected(303, "the same host, as a path", "/v2/ExternalApi/newContact"),
    _redirected(301, "plain http", "{elsewhere}/", "tls, trusted", short=True),
    _rejecting(400, "bad request"),
    _rejecting(409, "conflict"),
    _rejecting(413, "too large"),
    _rejecting(422, "unprocessable"),
    stopping("401 in mid-run", "from the 11th request on", "api_key", status=401, short=True),
    stopping("403 in mid-run", "from the 11th request on", "api_key", status=403),
    stopping("404 in mid-run", "from the 11th request on", "base_url", status=404),
    Fault(
        "a key that is wrong",
        "the account knows another secret_key",
        3,
        "secret_key",
        NONE,
        0,
        settings={"secret_key": "another"},
        refusals=True,
    ),
    passing("408", "twice, for one record", "status", status=408),
    passing("425", "twice, for one record", "status", status=425),
    _throttled("Retry-After in seconds", HOLD, short=True),
    Fault(
        "429, Retry-After as a date",
        "once, for one record; everyone is held back",
        repeated=1,
        rules=on_one("throttle", retry_after=1, form="date", times=1),
    ),
    _throttled(
        "Retry-After as a date that is past", {"Retry-After": "Mon, 01 Jan 2024 00:00:00 GMT"}
    ),
    _throttled("Retry-After that is none", {"Retry-After": "as soon as c4n4ry"}),
    _throttled("Retry-After below zero", {"Retry-After": "-5"}),
    _throttled("without Retry-After", {}),
    _throttled(
        "RateLimit headers in place of Retry-After",
        {"RateLimit-Limit": "10", "RateLimit-Remaining": "0", "RateLimit-Reset": "1"},
    ),
    _throttled(
        "RateLimit headers that are none",
        {"RateLimit-Remaining": "c4n4ry", "RateLimit-Reset": "1e400", "RateLimit": '"a";r=0;t=1'},
    ),
    Fault(
        "200, RateLimit headers that say none is left",
        "once, for one record; everyone waits",
        rules=on_one(
            "status",
            status=200,
            body={"status": "success"},
            carried_out=True,
            times=1,
            headers={"RateLimit-Remaining": "0", "RateLimit-Reset": "1"},
        ),
    ),
    stopping(
        "429, Retry-After of eleven days",
        "from the 11th request on",
        "retry_deadline_seconds",
        status=429,
        headers={"Retry-After": "999999"},
        short=True,
    ),
    stopping(
        "429, Retry-After of more than there is time",
        "from the 11th request on",
        "retry_deadline_seconds",
        status=429,
        headers={"Retry-After": "9" * 400},
    ),
    stopping(
        "429 for longer than the deadline",
        "from the 11th request on",
        "quotas",
        "throttle",
        settings=DOWN,
    ),
    passing("500 with a page in HTML", "twice, for one record", "html", status=500),
    passing("502", "twice, for one record", "status", status=502),
    passing("503 with Retry-After", "once, for one record", "status", 1, status=503, headers=HOLD),
    passing(
        "504", "twice, for one record, which was taken", "status", status=504, carried_out=True
    ),
    stopping(
        "503 for longer than the deadline",
        "from the 11th request on",
        "HTTP 503",
        status=503,
        settings=DOWN,
    ),
    stopping(
        "503, Retry-After of eleven days",
        "from the 11th request on",
        "retry_deadline_seconds",
        status=503,
        headers={"Retry-After": "999999"},
    ),
)
