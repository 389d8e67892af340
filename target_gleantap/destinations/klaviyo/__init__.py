"""Klaviyo's events and profiles, one by one and in bulk, at any revision that is known.

The facts and their sources stand in README.md beside this file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from functools import partial
from typing import Any

from target_gleantap.contract import (
    Bulk,
    Cardinality,
    Destination,
    Identifier,
    IdentifierKind,
    Inspection,
    Probe,
    Quota,
    Reading,
    Resource,
    Setting,
    Step,
    Verdict,
)
from target_gleantap.destinations.klaviyo import bodies, limits, pointers
from target_gleantap.destinations.klaviyo.answers import read_accepted, read_imported, refuse
from target_gleantap.destinations.klaviyo.jobs import Jobs
from target_gleantap.destinations.klaviyo.revisions import (
    EVENT_BULK_SINCE,
    KNOWN,
    NEWEST,
    OPT_OUT_HEADER,
    PROFILE_BULK_SINCE,
    PROFILE_IMPORT_SINCE,
    Revision,
)
from target_gleantap.destinations.klaviyo.schemas import schema_at
from target_gleantap.model import Answer, Body, Fault

BULK = "bulk"
BULK_QUOTAS = (Quota(10, 1), Quota(150, 60))
BULK_BYTES = 5_000_000 - 200
"""What Klaviyo takes, but for what a request holds beside its records."""


def _refusal(locate: pointers.Locate) -> Any:
    def refusal(answer: Answer, wire: Sequence[Body]) -> Reading | None:
        return refuse(answer, wire, locate)

    return refusal


def _identifiers(above: str = "") -> tuple[Identifier, ...]:
    return (
        Identifier("email", f"{above}email", IdentifierKind.EMAIL),
        Identifier("phone", f"{above}phone_number", IdentifierKind.PHONE),
        Identifier("external_id", f"{above}external_id"),
        Identifier("klaviyo_id", f"{above}id"),
    )


def _known_by(above: str = "", *more: Identifier) -> tuple[tuple[Identifier, ...], ...]:
    """What the ledger knows a profile by, the most lasting first; `more` has to be there as well.

    Klaviyo's own id and the source's stay when somebody's e-mail address or phone changes.
    """
    email, phone, external_id, klaviyo_id = _identifiers(above)
    return tuple((each, *more) for each in (klaviyo_id, external_id, email, phone))


def _event(revision: Revision) -> Resource:
    return Resource(
        name="event",
        title="Create an event of a profile; creates or updates the profile too",
        path=revision.path("/api/events"),
        schema=schema_at(revision, "event"),
        read=read_accepted,
        identifiers=_identifiers("profile."),
        envelope=bodies.flat_event if revision.flat else bodies.nested_event,
        streams=("events",),
        custom_attributes="properties",
        quotas=(Quota(350, 1), Quota(3500, 60)),
        checks=partial(limits.event_faults, first_year=revision.first_year),
        refusal=_refusal(pointers.in_event),
        derived_id="unique_id",
        cardinality=Cardinality("metric", 200, "metrics"),
        # The vendor's own rule: a unique_id is one of a profile and metric.
        key=_known_by(
            "profile.", Identifier("metric", "metric"), Identifier("unique_id", "unique_id")
        ),
        once=True,
    )


def _bulk_event(revision: Revision) -> Resource:
    return replace(
        _event(revision),
        path=revision.path("/api/event-bulk-create-jobs"),
        quotas=BULK_QUOTAS,
        refusal=_refusal(pointers.in_bulk_events),
        bulk=Bulk(
            most=1_000,
            most_bytes=BULK_BYTES,
            wrap=bodies.bulk_events,
            distinct=bodies.distinct_event,
        ),
    )


def _profile(revision: Revision) -> Resource:
    return Resource(
        name="profile",
        title="Create or update a profile",
        path=revision.path("/api/profile-import"),
        schema=schema_at(revision, "profile"),
        read=read_imported,
        identifiers=_identifiers(),
        envelope=bodies.profile_import,
        streams=("profiles",),
        custom_attributes="properties",
        quotas=(Quota(75, 1), Quota(750, 60)),
        checks=limits.profile_faults,
        refusal=_refusal(pointers.in_profile),
        key=_known_by(),
    )


def _bulk_profile(revision: Revision) -> Resource:
    return replace(
        _profile(revision),
        path=revision.path("/api/profile-bulk-import-jobs"),
        read=Jobs(revision.path).read_started,
        quotas=BULK_QUOTAS,
        refusal=_refusal(pointers.in_bulk_profiles),
        bulk=Bulk(
            most=10_000,
            most_bytes=BULK_BYTES,
            wrap=bodies.bulk_profiles,
            in_order=False,  # nothing says in which order a job takes its profiles
        ),
    )


def resources(vendor: Mapping[str, Any]) -> dict[str, Resource]:
    """The resources as the settings make them; those that the revision lacks are left out."""
    revision = Revision(str(vendor.get("revision") or NEWEST))
    made = [(_bulk_event if vendor.get("event_mode") == BULK else _event)(revision)]
    in_bulk = vendor.get("profile_mode") == BULK
    if revision.name >= (PROFILE_BULK_SINCE if in_bulk else PROFILE_IMPORT_SINCE):
        made.append((_bulk_profile if in_bulk else _profile)(revision))
    return {resource.name: resource for resource in made}


def configure(destination: Destination, vendor: Mapping[str, Any]) -> Destination:
    """Klaviyo at the revision, and with the modes, that are set."""
    return replace(destination, resources=resources(vendor))


def sign(vendor: Mapping[str, Any]) -> Mapping[str, str]:
    """Headers that carry the private key, the revision and its media type."""
    revision = Revision(str(vendor.get("revision") or NEWEST))
    return {
        "Authorization": f"Klaviyo-API-Key {vendor['api_key']}",
        "revision": revision.name,
        OPT_OUT_HEADER: "1",
        "Accept": revision.media_type,
        "Content-Type": revision.media_type,
    }


def probe(vendor: Mapping[str, Any]) -> Probe:
    """Ask whose account it is; a key that may only write is known, and refused that."""
    revision = Revision(str(vendor.get("revision") or NEWEST))
    step = Step("GET", revision.path("/api/accounts"), lambda *_: Reading(Verdict.DELIVERED))
    unseen = "it may not read accounts, so whether it may write events and profiles was not seen"
    return Probe(step, {403: unseen})


def inspect(vendor: Mapping[str, Any], today: date) -> Inspection:
    """Whether the revision is known and still in service, and offers the modes that are set."""
    name = str(vendor.get("revision") or NEWEST)
    if name not in KNOWN:
        return _unknown(name)
    since = {"event_mode": EVENT_BULK_SINCE, "profile_mode": PROFILE_BULK_SINCE}
    faults = tuple(
        Fault(
            setting,
            f"bulk exists from revision {first} on",
            f"set revision to {NEWEST}, or {setting} to single",
            rule="revision",
        )
        for setting, first in since.items()
        if vendor.get(setting) == BULK and name < first
    )
    retired = Revision(name).retired_on
    if today < retired:
        return Inspection(faults)
    warning = (
        f"Klaviyo's revision {name} was retired on {retired.isoformat()}, two years after its "
        f"release: requests with it are refused. Set revision to {NEWEST}; the mappings stay the "
        "same."
    )
    return Inspection(faults, (warning,))


def _unknown(name: str) -> Inspection:
    """A revision that is newer than this target may be right; anything else is an error."""
    if _is_date(name) and name > NEWEST:
        warning = (
            f"Klaviyo's revision {name} is newer than this target knows: bodies are sent in the "
            f"form of {NEWEST}. If there is no newer release of this target, write {NEWEST}."
        )
        return Inspection((), (warning,))
    close = get_close_matches(name, KNOWN, n=1)
    hint = f"known are {', '.join(KNOWN)}"
    hint = f"did you mean {close[0]}? {hint}" if close else hint
    return Inspection((Fault("revision", "is no known revision", hint, rule="revision"),))


def _is_date(name: str) -> bool:
    try:
        return date.fromisoformat(name).isoformat() == name
    except ValueError:
        return False


DESTINATION = Destination(
    name="klaviyo",
    title="Klaviyo",
    base_url="https://a.klaviyo.com",
    resources=resources({}),
    settings=(
        Setting(
            "api_key",
            "string",
            "The private API key (`pk_...`), with the scopes events:write and profiles:write; bulk "
            "imports of profiles need lists:read, lists:write and profiles:read, too.",
            secret=True,
            required=True,
        ),
        Setting(
            "revision",
            "string",
            "The API revision, `YYYY-MM-DD`. The default is the newest that this target knows; "
            "each is retired two years after its release.",
            default=NEWEST,
        ),
        Setting(
            "event_mode",
            "string",
            "How events go out: `single`, one a request (3,500 a minute), or `bulk`, up to 1,000 "
            "a request (150,000 a minute).",
            default="single",
            choices=("single", BULK),
        ),
        Setting(
            "profile_mode",
            "string",
            "How profiles go out: `single`, one a request (750 a minute), or `bulk`, as import "
            "jobs of up to 10,000 that are followed to their end.",
            default="single",
            choices=("single", BULK),
        ),
    ),
    sign=sign,
    credentials=("api_key",),
    configure=configure,
    inspect=inspect,
    probe=probe,
)
