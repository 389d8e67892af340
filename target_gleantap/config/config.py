"""The whole config as one frozen object; `settings` makes it, everyone else reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from target_gleantap.contract import Destination, Quota
from target_gleantap.model import MappingEntry


@dataclass(frozen=True, slots=True)
class Config:
    """Settings, checked and in their final types. Field names are the settings' names.

    Attributes:
        destination: The vendor that everything goes to.
        base_url: Scheme, host and base path, without a slash at the end.
        vendor: The destination's own settings, defaults filled in (credentials included).
        mappings: The entries of `mappings`, in their order.
        unmapped_streams: `error` or `ignore`.
        timezone: For timestamps that carry a zone of their own.
        default_region: ISO 3166 country of phone numbers without a country code, or None.
        null_policy: `omit` or `send`.
        validate_records: Whether records are held against the tap's own SCHEMA.
        batch_size_rows: Records from one checkpoint to the next.
        batch_wait_seconds: How long a settled state may wait to be written.
        max_in_flight: Requests that may be under way at once.
        concurrency: `adaptive` or `fixed`: whether there are fewer where the vendor bears no more.
        quotas: The user's own limits, beside the documented ones.
        quota_url: The Redis through which the quotas are shared, or None for no sharing.
        quota_name: What the account is called there, or None for what tells it apart.
        quota_runs: How many runs share them at most, or None where nobody says.
        request_timeout_seconds: For one request.
        retry_deadline_seconds: How long a fault of the vendor is retried.
        job_deadline_seconds: How long a job that the vendor runs is followed.
        stop_deadline_seconds: How long a stopping run waits for what is in flight.
        on_reject: `fail` or `quarantine`.
        max_rejects: With `quarantine`, how many rejects a run may have; None for no limit.
        rejects_path: The file that rejects are written to.
        on_ambiguous: `retry` or `reject`, for requests that are not idempotent.
        summary_path: Where the run summary is written as JSON, or None.
        report_path: Where the run report is written as HTML, or None.
        dry_run: Whether nothing is sent, and neither states nor rejects are written.
        ledger_url: Where the ledger is kept, or None for nowhere.
        ledger_secret: What its hashes are made with, or None for one of its own.
        ledger_mode: `use`, `ignore` or `rebuild`.
        ledger_retention_days: How long an event that comes no more is remembered; None for ever.
        ledger_wait_seconds: How long a run waits for another one's lock.
        on_event_conflict: `send`, `skip` or `reject`.
        max_removals: How many a run may remove of a mapping; None for the default share.
    """

    destination: Destination
    base_url: str
    vendor: Mapping[str, Any] = field(default_factory=dict, repr=False)
    mappings: tuple[MappingEntry, ...] = ()
    unmapped_streams: str = "error"
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    default_region: str | None = None
    null_policy: str = "omit"
    validate_records: bool = True
    batch_size_rows: int = 500
    batch_wait_seconds: int = 2
    max_in_flight: int = 16
    concurrency: str = "adaptive"
    quotas: tuple[Quota, ...] = ()
    quota_url: str | None = field(default=None, repr=False)
    quota_name: str | None = None
    quota_runs: int | None = None
    request_timeout_seconds: int = 30
    retry_deadline_seconds: int = 300
    job_deadline_seconds: int = 3600
    stop_deadline_seconds: int = 20
    on_reject: str = "fail"
    max_rejects: int | None = None
    rejects_path: str = "rejects.singer.jsonl"
    on_ambiguous: str = "reject"
    summary_path: str | None = None
    report_path: str | None = None
    dry_run: bool = False
    ledger_url: str | None = field(default=None, repr=False)
    ledger_secret: str | None = field(default=None, repr=False)
    ledger_mode: str = "use"
    ledger_retention_days: int | None = None
    ledger_wait_seconds: int = 60
    on_event_conflict: str = "send"
    max_removals: int | None = None

    @property
    def account(self) -> tuple[str, ...]:
        """What tells the account from others: its address, and the settings that say whose it is.

        Secrets may be among them: only a hash of it may be written anywhere.
        """
        names = self.destination.told_apart_by
        return (self.base_url, *(str(self.vendor.get(name)) for name in names))
