"""SureSend's CRM Partner API: events, people and companies.

The facts and their sources stand in README.md beside this file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from importlib.resources import files
from typing import Any

from target_gleantap.contract import (
    Destination,
    Identifier,
    IdentifierKind,
    Inspection,
    Probe,
    Quota,
    Resource,
    Setting,
    Step,
)
from target_gleantap.destinations.suresend import bodies
from target_gleantap.destinations.suresend.answers import (
    PERSON_ID,
    read_company,
    read_event,
    read_people,
    read_person,
)

QUOTA = Quota(300, 60)
QUOTA_OF_A_SYSTEM = Quota(600, 60)
SYSTEM_ID_PREFIX = "ss_sys_"

COMPANY_NAME = Identifier("company", "name", IdentifierKind.EMAIL)
"""Names are compared as e-mail addresses are: case and surrounding space do not count."""


def _schema(resource: str) -> Mapping[str, Any]:
    text = files(__name__).joinpath(f"{resource}.schema.json").read_bytes()
    schema: dict[str, Any] = json.loads(text)
    return schema


def _reached_by(prefix: str) -> tuple[Identifier, ...]:
    """E-mails and phones, each in both forms: plain texts, and objects with a value."""
    spaces = {"email": IdentifierKind.EMAIL, "phone": IdentifierKind.PHONE}
    return tuple(
        Identifier(space, f"{prefix}{space}s{suffix}", kind)
        for space, kind in spaces.items()
        for suffix in ("", ".value")
    )


def sign(vendor: Mapping[str, Any]) -> Mapping[str, str]:
    """Headers that carry the token, and the system id where there is one."""
    headers = {
        "Authorization": f"Bearer {vendor['api_key']}",
        "Accept": "application/json",
        "Content-Type": "application/json",
    }
    system_id = vendor.get("system_id")
    return {**headers, "X-System-Id": str(system_id)} if system_id else headers


def configure(destination: Destination, vendor: Mapping[str, Any]) -> Destination:
    """Twice the requests for a system that says who it is."""
    if vendor.get("system_id"):
        return replace(destination, quotas=(QUOTA_OF_A_SYSTEM,))
    return destination


def probe(_vendor: Mapping[str, Any]) -> Probe:
    """Ask for one person: a listed read that wants the token, and changes nothing."""
    return Probe(Step("GET", "/people?limit=1", read_people))


def inspect(vendor: Mapping[str, Any], _today: date) -> Inspection:
    """Warn of a system id that is none of the documented form: the limit hangs on it."""
    system_id = vendor.get("system_id")
    if not system_id or str(system_id).startswith(SYSTEM_ID_PREFIX):
        return Inspection()
    warning = (
        f"system_id does not begin with {SYSTEM_ID_PREFIX}, as SureSend's do: if it is not known "
        f"there, only {QUOTA.requests} requests a minute are taken, and the rest is throttled"
    )
    return Inspection(warnings=(warning,))


EVENT = Resource(
    name="event",
    title="Create an event of a person; both the person and a company may be created by it",
    path="/events",
    schema=_schema("event"),
    read=read_event,
    # Not the company: its people are many, and would all have to wait for each other.
    identifiers=(Identifier(PERSON_ID, "personId"), *_reached_by("person.")),
    envelope=bodies.event_envelope,
    checks=bodies.event_checks,
    streams=("events",),
    idempotent=False,
    custom_attributes="metadata",
)

PERSON = Resource(
    name="person",
    title="Create a person, or update the one who has that e-mail address",
    path="/people",
    schema=_schema("person"),
    read=read_person,
    identifiers=_reached_by(""),
    envelope=bodies.contact_envelope,
    checks=bodies.person_checks,
    streams=("people",),
    # The vendor finds people by e-mail only. A phone is shared in a family.
    key=tuple((each,) for each in _reached_by("") if each.space == "email"),
)

COMPANY = Resource(
    name="company",
    title="Create a company",
    path="/companies",
    schema=_schema("company"),
    read=read_company,
    identifiers=(COMPANY_NAME,),
    envelope=bodies.contact_envelope,
    streams=("companies",),
    idempotent=False,
    key=((COMPANY_NAME,),),
)

DESTINATION = Destination(
    name="suresend",
    title="SureSend",
    base_url="https://api.suresend.ai/api/partner",
    resources={resource.name: resource for resource in (EVENT, PERSON, COMPANY)},
    settings=(
        Setting(
            "api_key",
            "string",
            "The API token of Settings > API Tokens (header Authorization: Bearer).",
            secret=True,
            required=True,
        ),
        Setting(
            "system_id",
            "string",
            "The id of your integration, `ss_sys_…` (header X-System-Id): with it, 600 requests a "
            "minute are allowed and not 300.",
            secret=True,
        ),
    ),
    sign=sign,
    quotas=(QUOTA,),
    credentials=("api_key", "system_id"),
    configure=configure,
    inspect=inspect,
    probe=probe,
)
