"""Names as sources write them: taken apart, and which of them mean the same. Pure data."""

from __future__ import annotations

import re
from collections.abc import Mapping

_TOKEN = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")

SYNONYMS: tuple[tuple[str, ...], ...] = (
    ("email", "email address", "mail", "email addr", "primary email", "e mail"),
    ("first name", "fname", "given name", "forename", "first", "name first"),
    ("last name", "lname", "surname", "family name", "last", "name last"),
    (
        *("phone", "phone number", "mobile", "mobile phone", "mobile number", "cell"),
        *("cell phone", "phone mobile", "telephone", "tel", "home phone", "msisdn"),
    ),
    ("dob", "date of birth", "birth date", "birthday", "born"),
    ("zip", "zip code", "postal code", "post code", "postal", "plz"),
    ("city", "town", "locality", "suburb"),
    ("state", "region", "province", "state code", "province code", "county"),
    ("country", "country name", "country code"),
    ("address", "address 1", "address line 1", "line 1", "street", "street address", "street 1"),
    ("address 2", "address line 2", "line 2", "street 2"),
    ("gender", "sex"),
    (
        *("created date", "created at", "created", "create date", "date created", "joined"),
        *("joined at", "join date", "joined on", "signup date", "sign up date", "signed up at"),
        *("registered at", "registration date", "member since", "created on", "date added"),
    ),
    ("tags", "labels", "interests", "keywords"),
    ("status", "membership status", "member status"),
    ("type", "member type", "contact type", "customer type", "lifecycle stage"),
    ("source", "lead source", "referral source", "channel", "utm source"),
    ("location", "location name", "club", "club name", "branch", "home club", "gym", "studio"),
    ("organization", "company name", "company", "organisation", "employer"),
    ("title", "job title", "position"),
    ("locale", "preferred locale", "language", "lang"),
    ("timezone", "time zone", "tz"),
    ("latitude", "lat"),
    ("longitude", "lng", "lon"),
    ("image", "avatar", "avatar url", "photo", "photo url", "picture", "image url"),
    ("value", "amount", "total", "total price", "price", "grand total"),
    ("value currency", "currency", "currency code"),
    ("website", "domain", "url", "web site"),
    ("industry", "sector"),
    ("name", "business name", "organization name"),
)
"""Each row: the name that contracts use, and others for the same, the most frequent first."""

MOMENTS = (
    *("event date", "event time", "occurred at", "happened at", "timestamp", "datetime"),
    *("checked in at", "check in time", "checkin time", "visited at", "visit date", "start time"),
    *("started at", "start date", "start date time", "purchased at", "ordered at", "order date"),
    *(
        "submitted at",
        "processed at",
        "paid at",
        "date",
        "time",
        "created at",
        "created",
        "created date",
    ),
    *("date created", "create date", "created time", "closed at", "updated at"),
)
"""Names for when something happened, the best first."""

OWN_IDS = ("user id", "external id", "customer id", "contact id", "member id", "person id")
"""Body fields for the source's own id of a person."""
EVENT_IDS = ("id", "event id", "unique id", "transaction id")
"""Body fields for the source's own id of an event."""
EVENT_NAMES = ("event type", "event name", "event", "metric", "metric name", "type")
"""Body fields for what kind of event it is."""
FULL_NAMES = ("name", "full name", "display name", "customer name", "member name", "contact name")

PEOPLE = (
    *("contact", "person", "people", "profile", "customer", "member", "user", "client", "lead"),
    *("subscriber", "patient", "student", "guest", "donor", "attendee", "prospect", "player"),
)
EVENTS = (
    *("event", "visit", "checkin", "in", "booking", "appointment", "order", "purchase", "charge"),
    *("transaction", "payment", "invoice", "sale", "activity", "registration", "reservation"),
    *("attendance", "click", "message", "call", "ticket", "refund", "donation", "session"),
    *("enrollment", "subscription", "login", "response", "submission", "checkout", "view"),
)
COMPANIES = ("company", "account", "organization", "organisation", "business")
KINDS: Mapping[str, tuple[str, ...]] = {"person": PEOPLE, "event": EVENTS, "company": COMPANIES}
"""What streams and resources of a kind are called, in the singular."""

NEUTRAL = (
    frozenset((*PEOPLE, "primary", "main", "default", "home", "personal", "mailing", "property"))
    | {"properties", "value", "address", "billing", "details", "attributes", "owner", "fields"}
    | {*("data", "object", "consent", "consents", "marketing", "record")}
)
"""What may stand before or after a name and change nothing: `primary_email`."""
OTHERS = frozenset(
    ("emergency", "staff", "employee", "trainer", "instructor", "coach", "parent", "guardian")
) | {"spouse", "referrer", "shipping", "company", "sales", "agent", "author", "refund", "card"}
"""What makes it somebody or something else's: `emergency_phone`."""
GENERAL = frozenset(("source", "status", "title", "type"))
"""Body fields whose name says little by itself: what stands before it says of what, so that a word
that changes nothing elsewhere does here. `default_source` is Stripe's card, not where from."""
CONTAINERS = frozenset((*PEOPLE, "location", "address", "attributes", "properties"))
"""Objects of a body that are about the person: what is in them needs not be named after them."""
ADDRESS_PARTS = frozenset(("address", "address2", "city", "state", "zip", "country", "region"))
CONSENT = frozenset(("optin", "optout", "optedin", "optedout", "consent", "subscribed"))
SECRET = frozenset(
    ("password", "passwd", "secret", "token", "ssn", "iban", "cvc", "pin", "passport", "hash")
)


def tokens(name: str) -> tuple[str, ...]:
    """The words of a name, in lower case: `firstName`, `FIRST_NAME` and `first-name` alike."""
    return tuple(word.lower() for word in _TOKEN.findall(name))


def folded(name: str) -> str:
    """The words in one: what two spellings of a name have in common."""
    return "".join(tokens(name))


def singular(word: str) -> str:
    """The word for one of them, as far as English rules go."""
    irregular = {"people": "person", "sms": "sms", "address": "address", "status": "status"}
    if word in irregular:
        return irregular[word]
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def kind_of(names: tuple[str, ...]) -> str:
    """What kind of thing names speak of: `person`, `event`, `company`, or nothing that is known."""
    for name in names:
        words = tokens(name)
        last = singular(words[-1]) if words else ""
        for kind, known in KINDS.items():
            if last in known or ("".join(words) in ("checkins", "checkin") and kind == "event"):
                return kind
    return ""


def synonyms(name: str) -> tuple[str, ...]:
    """Other names for what a body field of this name holds, folded; the best first."""
    wanted = folded(name)
    return tuple(
        folded(other)
        for row in SYNONYMS
        if wanted in {folded(one) for one in row[:2]} or wanted == folded(row[0])
        for other in row
        if folded(other) != wanted
    )
