"""A vendor that does not exist: what a destination must have, and no more."""

import json
from importlib.resources import files

from target_gleantap.contract import (
    Destination,
    Identifier,
    IdentifierKind,
    Quota,
    Reading,
    Resource,
    Setting,
    Verdict,
)

MAIL = IdentifierKind.EMAIL


def _schema(resource):
    return json.loads(files(__name__).joinpath(f"{resource}.schema.json").read_bytes())


def read_receipt(answer, _bodies):
    """A receipt has a number."""
    try:
        said = json.loads(answer.body)
    except ValueError:
        said = None
    if isinstance(said, dict) and isinstance(said.get("receipt"), int):
        return Reading(Verdict.DELIVERED, counts={"receipts": 1})
    return Reading(Verdict.AMBIGUOUS, f"HTTP {answer.status}: the answer is no receipt")


def sign(vendor):
    """The key, as this vendor wants it."""
    return {"X-Made-Up": vendor["made_up_token"], "Content-Type": "application/json"}


CONTACT = Resource(
    name="contact",
    path="/contacts",
    method="PUT",
    schema=_schema("contact"),
    read=read_receipt,
    identifiers=(Identifier("mail", "mail", MAIL),),
    streams=("made_up_contacts",),
    title="Create or update a contact",
)
EVENT = Resource(
    name="event",
    path="/events",
    schema=_schema("event"),
    read=read_receipt,
    identifiers=(Identifier("mail", "contact.mail", MAIL), Identifier("key", "key")),
    custom_attributes="more",
    derived_id="key",
    title="Create an event",
)
DESTINATION = Destination(
    name="made_up",
    title="Made Up",
    base_url="https://api.made-up.example.com/v1",
    resources={resource.name: resource for resource in (CONTACT, EVENT)},
    settings=(
        Setting("made_up_token", "string", "The token of Made Up.", secret=True, required=True),
    ),
    sign=sign,
    quotas=(Quota(500, 1),),
    credentials=("made_up_token",),
)
