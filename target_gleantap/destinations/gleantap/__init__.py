"""Gleantap's External API: two resources for every night, three for who names them.

The facts and their sources stand in README.md beside this file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from importlib.resources import files
from typing import Any

from target_gleantap.contract import (
    Destination,
    Identifier,
    IdentifierKind,
    Probe,
    Removal,
    Resource,
    Search,
    Setting,
    Step,
    Voids,
)
from target_gleantap.destinations.gleantap.answers import CONTACT_ID, read_members, read_success
from target_gleantap.destinations.gleantap.search import read_found, search_question
from target_gleantap.model import Body

USER_ID = Identifier("user_id", "user_id")
EMAIL = Identifier("email", "email", IdentifierKind.EMAIL)
PHONE = Identifier("phone", "phone", IdentifierKind.PHONE)
FIRST_NAME = Identifier("first_name", "first_name", IdentifierKind.EMAIL)

CONTACT_KEY = ((USER_ID,), (EMAIL, FIRST_NAME), (PHONE, FIRST_NAME))
"""The vendor's own order: `user_id`, else e-mail and first name, else phone and first name."""


def _schema(resource: str) -> Mapping[str, Any]:
    text = files(__name__).joinpath(f"{resource}.schema.json").read_bytes()
    schema: dict[str, Any] = json.loads(text)
    return schema


def sign(vendor: Mapping[str, Any]) -> Mapping[str, str]:
    """Headers that carry the two keys; `Accept` because the API may answer no JSON without it."""
    return {
        "X-API-KEY": str(vendor["api_key"]),
        "X-SECRET-KEY": str(vendor["secret_key"]),
        "Accept": "application/json",
        "Content-Type": "application/json",
    }


def with_app_id(body: Body, vendor: Mapping[str, Any]) -> Body:
    """Add the tenant, which every JSON operation wants in its body."""
    return {"app_id": vendor["app_id"], **body}


def event_envelope(body: Body, vendor: Mapping[str, Any]) -> Body:
    """Add the tenant; leave `first_name` out where `user_id` identifies the contact.

    The vendor's text identifies by e-mail or phone with the first name, but its schema of an
    event has no such property: so it goes out only where it is needed.
    """
    wire = with_app_id(body, vendor)
    if wire.get("user_id") is not None:
        wire.pop("first_name", None)
    return wire


CONTACT_REMOVAL_PATH = "/v2/ExternalApi/removeContact"
CONTACT_SEARCH = Resource(
    name="contact_search",
    title="Find the contact that is to be removed",
    path="/v2/ExternalApi/getCustomers",
    schema={"type": "object", "properties": {}},
    read=partial(read_found, removal=CONTACT_REMOVAL_PATH),
    identifiers=(Identifier(CONTACT_ID, "_id"),),
    envelope=with_app_id,
)


def probe(vendor: Mapping[str, Any]) -> Probe:
    """Ask for one contact: the documented read that wants all three credentials."""
    body = with_app_id({"limit": 1}, vendor)
    return Probe(Step("POST", "/v2/ExternalApi/getCustomers", read_members, body))


CONTACT = Resource(
    name="contact",
    title="Create or update a contact",
    path="/v2/ExternalApi/newContact",
    schema=_schema("contact"),
    read=read_success,
    identifiers=(USER_ID, EMAIL, PHONE),
    envelope=with_app_id,
    streams=("contacts",),
    custom_attributes="",
    key=CONTACT_KEY,
    removal=Removal("contact_removal", CONTACT_ID, "id", Search(CONTACT_SEARCH, search_question)),
)

EVENT = Resource(
    name="event",
    title="Create an event of a contact",
    path="/v2/ExternalApi/newEvent",
    schema=_schema("event"),
    read=read_success,
    identifiers=(USER_ID, EMAIL, PHONE, Identifier(CONTACT_ID, "_id"), Identifier("event", "id")),
    envelope=event_envelope,
    streams=("events",),
    custom_attributes="event_data",
    key=((Identifier("event", "id"),),),
    once=True,
)

CONTACT_REMOVAL = Resource(
    name="contact_removal",
    title="Delete a contact, by Gleantap's own id",
    path=CONTACT_REMOVAL_PATH,
    schema=_schema("contact_removal"),
    read=read_success,
    identifiers=(Identifier(CONTACT_ID, "id"),),
    envelope=with_app_id,
    idempotent=False,
    explicit_only=True,
    key=((Identifier(CONTACT_ID, "id"),),),
    voids=(Voids(CONTACT_ID, "id"),),
)

CONTACT_MERGE = Resource(
    name="contact_merge",
    title="Merge two contacts: `from_contact` remains, `to_contact` is deleted",
    path="/v2/ExternalApi/mergeContacts",
    schema=_schema("contact_merge"),
    read=read_success,
    identifiers=(Identifier(CONTACT_ID, "from_contact"), Identifier(CONTACT_ID, "to_contact")),
    envelope=with_app_id,
    idempotent=False,
    explicit_only=True,
    key=((Identifier("remains", "from_contact"), Identifier("goes", "to_contact")),),
    voids=(Voids(CONTACT_ID, "from_contact"), Voids(CONTACT_ID, "to_contact")),
)

SMS_OPTIN = Resource(
    name="sms_optin",
    title="Send a contact the SMS that asks for its consent",
    path="/v2/ExternalApi/optin",
    schema=_schema("sms_optin"),
    read=read_success,
    identifiers=(USER_ID, EMAIL, PHONE),
    envelope=with_app_id,
    idempotent=False,
    explicit_only=True,
    key=((USER_ID,),),
)

DESTINATION = Destination(
    name="gleantap",
    title="Gleantap",
    base_url="https://api.gleantap.com",
    resources={
        resource.name: resource
        for resource in (CONTACT, EVENT, CONTACT_REMOVAL, CONTACT_MERGE, SMS_OPTIN)
    },
    settings=(
        Setting("api_key", "string", "The API key (header X-API-KEY).", secret=True, required=True),
        Setting(
            "secret_key",
            "string",
            "The secret key (header X-SECRET-KEY).",
            secret=True,
            required=True,
        ),
        Setting(
            "app_id", "string", "The id of your Gleantap app; goes into every body.", required=True
        ),
        Setting(
            "event_data_shape",
            "string",
            "How `event_data` goes out: as an `object`, as in the vendor's example, or as a `list` "
            "of one object, as in its schema.",
            default="object",
            choices=("object", "list"),
        ),
        Setting(
            "event_time_format",
            "string",
            "The strftime pattern of `event_time`. The default follows the vendor's text "
            "(`04:29 PM`); its generated sample would be `%H:%M:%S`.",
            default="%I:%M %p",
        ),
        Setting(
            "created_date_format",
            "string",
            "The strftime pattern of `created_date`. The default follows the vendor's text; its "
            "schema would be RFC 3339 (`%Y-%m-%dT%H:%M:%S%z`).",
            default="%Y-%m-%d %H:%M:%S",
        ),
    ),
    sign=sign,
    credentials=("api_key", "secret_key", "app_id"),
    probe=probe,
    account=("app_id",),
)
