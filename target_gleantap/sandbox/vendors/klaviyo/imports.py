"""Profiles one by one, and import jobs that run for a moment and then report their errors."""

from __future__ import annotations

import re
import time
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

from target_gleantap.destinations.klaviyo.revisions import Revision
from target_gleantap.model import Body
from target_gleantap.sandbox.account.store import Contact, Store
from target_gleantap.sandbox.http_messages import HttpRequest, Reply, look_up
from target_gleantap.sandbox.vendors.klaviyo.errors import (
    EMAIL,
    INVALID,
    NO_POINTERS,
    Wrong,
    held_against,
    refuse,
    refuse_body,
    refuse_parameter,
)
from target_gleantap.sandbox.vendors.klaviyo.profiles import (
    fields_of,
    fold,
    profile_id,
    refusals,
    upsert,
)
from target_gleantap.sandbox.vendors.klaviyo.schemas import validator

JOBS = "profile_import_jobs"
QUEUED_SECONDS, JOB_SECONDS = 0.1, 0.5
COUNT = "[0-9]{1,9}"
PAGE_SIZE, LARGEST_PAGE = 20, 100
PROFILE_BYTES = 100_000
ADDRESS = "https://a.klaviyo.com"
PROFILES = "/data/attributes/profiles/data"
MEDIA_TYPE = "application/vnd.api+json"


@dataclass(slots=True)
class Job:
    """An import job.

    Attributes:
        id: The vendor's id of it.
        started: When it came, in seconds of the monotonic clock.
        total: How many profiles it holds.
        errors: Its import errors.
    """

    id: str
    started: float
    total: int
    errors: list[Body] = field(default_factory=list)


def import_profile(store: Store, body: Body, request: HttpRequest) -> Reply:
    """Create or update one profile: 201, or 200."""
    if len(request.body) > PROFILE_BYTES:
        return refuse(413, "The maximum payload size is 100KB", ())
    wrong = list(held_against(validator("profile", Revision(request.headers["revision"])), body))
    fields = {} if wrong else fields_of(body["data"])
    wrong += [Wrong(f"/data/attributes/{name}", EMAIL) for name in refusals(fields)]
    if wrong:
        return refuse_body(wrong, store.variant)
    contact, created = upsert(store, fields, always=True)
    return Reply(201 if created else 200, {"data": _shown(contact, fields)}, media_type=MEDIA_TYPE)


def contact_of(store: Store, body: Body) -> str | None:
    """Find the id of the profile that a body is about, for the log."""
    return profile_id(store, look_up(body, "data"))


def _shown(contact: Contact, fields: Body) -> Body:
    attributes = {name: value for name, value in fold([fields]).items() if name != "id"}
    links = {"self": f"{ADDRESS}/api/profiles/{contact.id}"}
    return {"type": "profile", "id": contact.id, "attributes": attributes, "links": links}


def start_job(store: Store, body: Body, request: HttpRequest) -> Reply:
    """Take a bulk request, if every profile in it keeps to the contract."""
    revision = Revision(request.headers["revision"])
    wrong = list(held_against(validator("profile_bulk", revision), body))
    if wrong:
        return refuse_body(wrong, store.variant)
    profiles = body["data"]["attributes"]["profiles"]["data"]
    job = Job(store.new_id("import job"), time.monotonic(), len(profiles))
    store.others[JOBS][job.id] = job
    for place, profile in enumerate(profiles):
        fields = fields_of(profile)
        found = [_import_error(name, place, profile, store.variant) for name in refusals(fields)]
        job.errors += found
        if not found:
            upsert(store, fields, always=True)
    return Reply(202, _job(job, 0), media_type=MEDIA_TYPE)


def _import_error(name: str, place: int, profile: Body, variant: str) -> Body:
    pointer = f"{PROFILES}/{place}/attributes/{name}"
    attributes: Body = {
        "code": "invalid",
        "title": INVALID,
        "detail": EMAIL,
        "source": {"pointer": "/data" if variant == NO_POINTERS else pointer},
        "original_payload": profile["attributes"],
    }
    return {"type": "import-error", "id": str(uuid.uuid4()), "attributes": attributes}


def look_at_job(store: Store, _body: Any, request: HttpRequest) -> Reply:
    """Say how a job fares."""
    job = store.others[JOBS].get(request.named["id"])
    if job is None:
        return refuse(404, "A job with this id does not exist", ())
    return Reply(200, _job(job, time.monotonic() - job.started), media_type=MEDIA_TYPE)


def _job(job: Job, age: float) -> Body:
    done = age >= JOB_SECONDS
    status = "complete" if done else "queued" if age < QUEUED_SECONDS else "processing"
    attributes = {
        "status": status,
        "created_at": "2026-01-31T00:00:00+00:00",
        "total_count": job.total,
        "completed_count": job.total if done else 0,
        "failed_count": len(job.errors) if done else 0,
    }
    links = {"self": f"{ADDRESS}/api/profile-bulk-import-jobs/{job.id}"}
    data = {"type": "profile-bulk-import-job", "id": job.id, "attributes": attributes}
    return {"data": {**data, "links": links}}


def list_errors(store: Store, _body: Any, request: HttpRequest) -> Reply:
    """List a job's import errors, a page at a time."""
    job = store.others[JOBS].get(request.named["id"])
    if job is None:
        return refuse(404, "A job with this id does not exist", ())
    asked = {name: texts[0] for name, texts in parse_qs(request.query).items()}
    for name in ("page[size]", "page[cursor]"):
        if not re.fullmatch(COUNT, asked.get(name, "1")):
            return refuse_parameter("A count is wanted", name)
    size = min(max(1, int(asked.get("page[size]", PAGE_SIZE))), LARGEST_PAGE)
    start = int(asked.get("page[cursor]", 0))
    links = {"self": f"{ADDRESS}{request.path}"}
    if start + size < len(job.errors):
        query = urlencode({"page[cursor]": start + size, "page[size]": size})
        links["next"] = f"{ADDRESS}{request.path}?{query}"
    page = job.errors[start : start + size]
    return Reply(200, {"data": page, "links": links}, media_type=MEDIA_TYPE)
