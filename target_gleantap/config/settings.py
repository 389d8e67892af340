"""The settings that every destination shares."""

from __future__ import annotations

from target_gleantap import destinations
from target_gleantap.contract import Setting

DEFAULT_DESTINATION = "gleantap"

GENERAL: tuple[Setting, ...] = (
    Setting(
        "destination",
        "string",
        "The API that everything goes to.",
        default=DEFAULT_DESTINATION,
        choices=destinations.names(),
    ),
    Setting(
        "base_url",
        "string",
        "The API's address, without a path of a resource. By default the one that the "
        "destination documents. Plain http is taken for a loopback address only.",
        default=destinations.load(DEFAULT_DESTINATION).base_url,
    ),
    Setting(
        "mappings",
        "array",
        "What becomes of which stream: a list of entries with `stream`, `resource`, `where`, "
        "`fields`, `custom_attributes`, `null_policy`, `name` and `tests`.",
    ),
    Setting(
        "unmapped_streams",
        "string",
        "What a stream without a mapping does: `error` stops the run at its SCHEMA, `ignore` "
        "reads past it.",
        default="error",
        choices=("error", "ignore"),
    ),
    Setting(
        "timezone",
        "string",
        "The zone, by its IANA name, that dates and times go out in, where the timestamp tells "
        "its own zone.",
        default="UTC",
    ),
    Setting(
        "default_region",
        "string",
        "The country, as two letters of ISO 3166, of phone numbers that carry no country code.",
    ),
    Setting(
        "null_policy",
        "string",
        "What a null does: `omit` leaves the field out of the body, `send` sends the null, which "
        "may clear what the vendor holds.",
        default="omit",
        choices=("omit", "send"),
    ),
    Setting(
        "batch_size_rows",
        "integer",
        "How many records lie at least between two states that are written; fewer where "
        "`batch_wait_seconds` have passed.",
        default=500,
        minimum=1,
        maximum=100_000,
    ),
    Setting(
        "batch_wait_seconds",
        "integer",
        "How long records may gather before their batch is closed, and a settled state may wait "
        "to be written.",
        default=2,
        minimum=0,
        maximum=3600,
    ),
    Setting(
        "max_in_flight",
        "integer",
        "How many requests may be under way at once, at most.",
        default=16,
        minimum=1,
        maximum=512,
    ),
    Setting(
        "concurrency",
        "string",
        "How many of `max_in_flight` are used: `adaptive` has fewer under way where the vendor "
        "refuses them, does not answer or becomes slower by them, `fixed` always all.",
        default="adaptive",
        choices=("adaptive", "fixed"),
    ),
    Setting(
        "quotas",
        "array",
        "Your own limits, beside the documented ones: a list such as "
        '`["50/1s", "2000/1m", "30000/1h"]`.',
    ),
    Setting(
        "quota_url",
        "string",
        "The Redis through which all runs on one account share its quotas, the documented ones "
        "and `quotas`: `redis://`, `rediss://` or `unix://`. Without it each run takes them for "
        "its own.",
        secret=True,
    ),
    Setting(
        "quota_name",
        "string",
        "What the account is called in that Redis. By default its address and its credentials "
        "tell it; set it where runs on one account have different keys.",
    ),
    Setting(
        "quota_runs",
        "integer",
        "How many runs at most share the quotas. While Redis does not answer each keeps to this "
        "part of them; by default, to as many as there were, or one in 8 where Redis never "
        "answered.",
        minimum=1,
        maximum=10_000,
    ),
    Setting(
        "request_timeout_seconds",
        "integer",
        "How long one request may take.",
        default=30,
        minimum=1,
        maximum=3600,
    ),
    Setting(
        "retry_deadline_seconds",
        "integer",
        "How long a fault of the vendor or of the connection is retried before the run stops.",
        default=300,
        minimum=0,
        maximum=86_400,
    ),
    Setting(
        "job_deadline_seconds",
        "integer",
        "How long a job that the vendor runs (a bulk import of profiles) is followed, from its "
        "first request, before the run stops.",
        default=3600,
        minimum=1,
        maximum=86_400,
    ),
    Setting(
        "stop_deadline_seconds",
        "integer",
        "How long a stopping run waits for the requests that are under way.",
        default=20,
        minimum=0,
        maximum=3600,
    ),
    Setting(
        "on_reject",
        "string",
        "What a rejected record does: `fail` delivers all the others, holds the state before it "
        "and ends with 1; `quarantine` lets the state move on.",
        default="fail",
        choices=("fail", "quarantine"),
    ),
    Setting(
        "max_rejects",
        "integer",
        "With `on_reject: quarantine`: how many rejects a run may have and still end with 0. No "
        "limit by default.",
        minimum=0,
    ),
    Setting(
        "rejects_path",
        "string",
        "The file that rejected records are written to, as Singer messages. One of an earlier run "
        "is kept under a name with its time.",
        default="rejects.singer.jsonl",
    ),
    Setting(
        "on_ambiguous",
        "string",
        "What follows where a request may or may not have been carried out and the API cannot "
        "take it twice: `retry` may duplicate, `reject` keeps the record for review.",
        default="reject",
        choices=("retry", "reject"),
    ),
    Setting(
        "summary_path",
        "string",
        "The file that the run summary is written to as JSON. None by default.",
    ),
    Setting(
        "report_path",
        "string",
        "The file that the run report is written to, as one HTML page that needs no network. It "
        "holds no value of a record and no secret. None by default.",
    ),
    Setting(
        "dry_run",
        "boolean",
        "Whether to map and check everything and send nothing: no request, no state, no rejects "
        "file, and no credentials needed. The summary says what would be delivered.",
        default=False,
    ),
    Setting(
        "ledger_url",
        "string",
        "Where the ledger of what was delivered is kept, so that only what changed is sent: "
        "`sqlite:///path` or `postgresql://user:password@host/database`. Without it nothing is "
        "kept.",
        secret=True,
    ),
    Setting(
        "ledger_secret",
        "string",
        "What the ledger's hashes are made with, 16 characters or more; all runs on one ledger "
        "need the same. Required for PostgreSQL. Beside a SQLite ledger one is made once and kept "
        "in a file of its own.",
        secret=True,
    ),
    Setting(
        "ledger_mode",
        "string",
        "`use` skips what is unchanged; `ignore` sends everything once more; `rebuild` also "
        "forgets first what the ledger holds of the run's mappings.",
        default="use",
        choices=("use", "ignore", "rebuild"),
    ),
    Setting(
        "ledger_retention_days",
        "integer",
        "How long the ledger remembers events, and contacts that were removed, after they last "
        "came. For ever by default.",
        minimum=1,
        maximum=36_500,
    ),
    Setting(
        "ledger_wait_seconds",
        "integer",
        "How long a run waits where another run of the same stream holds the ledger, before it "
        "ends with that message.",
        default=60,
        minimum=0,
        maximum=86_400,
    ),
    Setting(
        "on_event_conflict",
        "string",
        "What an event does whose id was delivered with another body: `send` sends it, `skip` "
        "leaves it out, `reject` keeps it for review.",
        default="send",
        choices=("send", "skip", "reject"),
    ),
    Setting(
        "max_removals",
        "integer",
        "How many contacts a run may remove of one mapping. More than that, and none is removed "
        "and the run ends with their count. By default 10, or 5 % of those known if that is more.",
        minimum=0,
    ),
)
