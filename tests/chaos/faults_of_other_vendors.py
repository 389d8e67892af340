"""What Klaviyo in bulk and SureSend make different: many records a request, and no second try."""

from __future__ import annotations

from fault import ALL, HASTY, SOME, Fault

DOWN = {"retry_deadline_seconds": 1}


def _klaviyo(name: str, tried: str, **more: object) -> Fault:
    return Fault(name, tried, destination="klaviyo", **{"repeated": SOME, **more})


def _klaviyo_rule(kind: str, path: str, **more: object) -> tuple[dict[str, object], ...]:
    return ({"fault": kind, "path": path, **more},)


BULK = "once, for a request with many events"
KLAVIYO = (
    _klaviyo("nothing", "a run without any fault, in bulk", repeated=0, next_exit_code=None),
    _klaviyo(
        "400 for a whole request",
        BULK,
        rules=_klaviyo_rule("status", "event_bulk", status=400, times=1),
    ),
    _klaviyo(
        "413 for a whole request",
        BULK,
        rules=_klaviyo_rule("status", "event_bulk", status=413, times=1),
    ),
    _klaviyo(
        "409 for an import job",
        "once",
        rules=_klaviyo_rule("status", "profile_bulk", status=409, times=1),
    ),
    _klaviyo(
        "401 while an import job runs",
        "to each look at a job",
        exit_code=3,
        said="api_key",
        delivered=SOME,
        rules=_klaviyo_rule("status", "import_job", status=401),
    ),
    _klaviyo(
        "429 with Retry-After in seconds",
        BULK,
        rules=_klaviyo_rule("throttle", "event_bulk", retry_after=1, times=1),
    ),
    _klaviyo(
        "500 for a whole request",
        BULK,
        rules=_klaviyo_rule("status", "event_bulk", status=500, times=2),
    ),
    _klaviyo(
        "500 while an import job runs",
        "twice",
        rules=_klaviyo_rule("status", "import_job", status=500, times=2),
        repeated=0,
    ),
    _klaviyo(
        "a reset after execution",
        BULK,
        rules=_klaviyo_rule("reset_after", "event_bulk", times=1),
        short=True,
    ),
    _klaviyo(
        "a reset after an import job was taken",
        "once",
        rules=_klaviyo_rule("reset_after", "profile_bulk", times=1),
    ),
    _klaviyo(
        "half of an answer",
        "once, for an import job",
        rules=_klaviyo_rule("half_body", "profile_bulk", times=1),
    ),
    _klaviyo(
        "no answer in time",
        BULK,
        settings=HASTY,
        rules=_klaviyo_rule("stall", "event_bulk", times=1),
    ),
    _klaviyo(
        "307 to another host",
        "for each request with events",
        exit_code=3,
        said="redirect",
        delivered=SOME,
        rules=(
            {"fault": "redirect", "path": "event_bulk", "status": 307, "location": "{elsewhere}/"},
        ),
    ),
    _klaviyo(
        "503 for longer than the deadline",
        "for each import job",
        exit_code=3,
        said="HTTP 503",
        delivered=SOME,
        settings=DOWN,
        rules=_klaviyo_rule("status", "profile_bulk", status=503),
    ),
)

EVENT = {"path": "event", "match": {"message": "zq00018zq"}}
PERSON = {"path": "person", "match": {"name": "zq00016zq"}}


def _suresend(name: str, tried: str, kind: str, **more: object) -> Fault:
    kept = ("exit_code", "said", "delivered", "repeated", "rejected", "settings", "short")
    own = {key: more.pop(key) for key in kept if key in more}
    return Fault(name, tried, destination="suresend", rules=({"fault": kind, **more},), **own)


def _doubtful(name: str, kind: str, **more: object) -> Fault:
    return _suresend(
        name,
        "once, for an event; kept for review, since none may go twice",
        kind,
        exit_code=1,
        said="rejected",
        delivered=ALL - 1,
        rejected=1,
        times=1,
        **EVENT,
        **more,
    )


RETRY = {"on_ambiguous": "retry"}
SURESEND = (
    Fault("nothing", "a run without any fault", destination="suresend", next_exit_code=None),
    _doubtful("a reset after execution", "reset_after", short=True),
    _doubtful("a reset before execution", "reset_before"),
    _doubtful("half of an answer", "half_body"),
    _doubtful("no answer in time", "stall", settings=HASTY),
    _doubtful("500", "status", status=500),
    _doubtful("200 with a proxy's page", "html"),
    _suresend(
        "a reset after execution, on_ambiguous: retry",
        "once, for an event",
        "reset_after",
        repeated=1,
        settings=RETRY,
        times=1,
        **EVENT,
    ),
    _suresend(
        "500, on_ambiguous: retry",
        "twice, for an event",
        "status",
        repeated=2,
        settings=RETRY,
        times=2,
        **EVENT,
    ),
    _suresend(
        "a reset after execution, of a person",
        "once; a person may go twice",
        "reset_after",
        repeated=1,
        times=1,
        **PERSON,
    ),
    _suresend(
        "429 with Retry-After in seconds",
        "once, for an event, which was not taken",
        "throttle",
        repeated=1,
        retry_after=1,
        times=1,
        **EVENT,
    ),
    _suresend(
        "422",
        "for an event",
        "status",
        exit_code=1,
        said="rejected",
        delivered=ALL - 1,
        rejected=1,
        status=422,
        **EVENT,
    ),
    _suresend(
        "401 in mid-run",
        "from the 11th request on",
        "status",
        exit_code=3,
        said="api_key",
        delivered=SOME,
        repeated=SOME,
        status=401,
        after=10,
    ),
)
