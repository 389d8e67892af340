"""Contacts of a gym: what a tap would send, and the bodies that come of them.

python data.py messages COUNT    Singer messages: a SCHEMA, records, a STATE after every 100
python data.py bodies COUNT      the request bodies of the same records, one to a line
python data.py bulks COUNT       the same as events of Klaviyo, a thousand in each body
"""

from __future__ import annotations

import json
import sys
from typing import Any

STREAM = "members"
RECORDS_A_STATE = 100

TEXT: dict[str, Any] = {"type": ["null", "string"]}
MOMENT: dict[str, Any] = {"type": ["null", "string"], "format": "date-time"}
FLAG: dict[str, Any] = {"type": ["null", "boolean"]}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["id", "first_name"],
    "properties": {
        "id": {"type": "integer"},
        "first_name": {"type": "string"},
        "last_name": TEXT,
        "gender": {"type": ["null", "string"], "enum": [None, "female", "male", "other"]},
        "born_on": {"type": ["null", "string"], "format": "date"},
        "contact": {
            "type": "object",
            "properties": {"email": {**TEXT, "maxLength": 254}, "mobile": TEXT},
        },
        "street": TEXT,
        "city": TEXT,
        "state": TEXT,
        "zip": TEXT,
        "status": {"type": ["null", "string"], "maxLength": 40},
        "plan": TEXT,
        "club": TEXT,
        "source": TEXT,
        "interests": {"type": ["null", "array"], "items": {"type": "string"}},
        "sms_consent": FLAG,
        "email_optout": FLAG,
        "height_cm": {"type": ["null", "number"]},
        "visits": {"type": ["null", "integer"], "minimum": 0},
        "joined_at": MOMENT,
        "updated_at": MOMENT,
    },
}

FIELDS = {
    "user_id": "id",
    "first_name": "first_name",
    "last_name": "last_name",
    "email": "contact.email",
    "phone": "contact.mobile",
    "address": "street",
    "city": "city",
    "state": "state",
    "zip": "zip",
    "source": "source",
    "dob": "born_on",
    "created_date": "joined_at",
    "gender": "gender",
    "type": "'member'",
    "status": "status",
    "location": "club",
    "optin_sms": "sms_consent",
    "optout_email": "email_optout",
    "tags": "interests",
}
MAPPING = {
    "stream": STREAM,
    "resource": "contact",
    "fields": FIELDS,
    "custom_attributes": ["plan", "visits"],
}

EVENT_MAPPING = {
    "stream": STREAM,
    "resource": "event",
    "fields": {
        "metric": "'Membership changed'",
        "profile": {
            "email": "contact.email",
            "external_id": "id",
            "first_name": "first_name",
            "last_name": "last_name",
        },
        "properties": {"status": "status", "plan": "plan", "club": "club", "visits": "visits"},
        "time": "updated_at",
        "unique_id": "id",
    },
}
EACH_EVENT = '"unique_id"'
"""What the body of a bulk request has once for each event."""
BULK = 1_000

RECORD = (
    '{"type":"RECORD","stream":"members","record":{"id":%(n)d,"first_name":"Maya","last_name":'
    '"Okafor-Lindqvist","gender":"female","born_on":"19%(yy)02d-%(mo)02d-%(d)02d","contact":{"email":'
    '"maya.okafor%(n)d@example.com","mobile":"+1555%(n)07d"},"street":"%(n)d Harbour View Road",'
    '"city":"Springfield","state":"MA","zip":"01101","status":"active","plan":"all-clubs-yearly",'
    '"club":"Harbour Street","source":"front desk","interests":["yoga","spin","climbing"],'
    '"sms_consent":true,"email_optout":false,"height_cm":171.5,"visits":%(d)d,"joined_at":'
    '"2024-%(mo)02d-%(d)02dT%(h)02d:%(mi)02d:%(s)02dZ","updated_at":'
    '"2026-%(mo)02d-%(d)02dT%(h)02d:%(s)02d:%(mi)02d.250Z"},"time_extracted":'
    '"2026-06-01T08:00:00.000Z"}\n'
)
BODY = (
    '{"app_id":"bench","user_id":"%(n)d","first_name":"Maya","last_name":"Okafor-Lindqvist",'
    '"email":"maya.okafor%(n)d@example.com","phone":"+1555%(n)07d","address":'
    '"%(n)d Harbour View Road","city":"Springfield","state":"MA","zip":"01101","source":'
    '"front desk","dob":"19%(yy)02d-%(mo)02d-%(d)02d","created_date":'
    '"2024-%(mo)02d-%(d)02d %(h)02d:%(mi)02d:%(s)02d","gender":"female","type":"member","status":'
    '"active","location":"Harbour Street","optin_sms":true,"optout_email":false,"tags":'
    '"yoga,spin,climbing","plan":"all-clubs-yearly","visits":%(d)d}\n'
)
EVENT = (
    '{"type":"event-bulk-create","attributes":{"profile":{"data":{"type":"profile","attributes":'
    '{"email":"maya.okafor%(n)d@example.com","external_id":"%(n)d","first_name":"Maya",'
    '"last_name":"Okafor-Lindqvist"}}},"events":{"data":[{"type":"event","attributes":{"properties":'
    '{"status":"active","plan":"all-clubs-yearly","club":"Harbour Street","visits":%(d)d},"metric":'
    '{"data":{"type":"metric","attributes":{"name":"Membership changed"}}},"time":'
    '"2026-%(mo)02d-%(d)02dT%(h)02d:%(s)02d:%(mi)02d+00:00","unique_id":"%(n)d"}}]}}}'
)
BULK_BODY = (
    '{"data":{"type":"event-bulk-create-job","attributes":{"events-bulk-create":{"data":[%s]}}}}\n'
)


def parts(n: int) -> dict[str, int]:
    """What tells one contact from the next."""
    return {
        "n": n,
        "yy": 50 + n % 50,
        "mo": 1 + n % 12,
        "d": 1 + n % 28,
        "h": n % 24,
        "mi": n % 60,
        "s": n // 60 % 60,
    }


def messages(count: int) -> None:
    schema = {"type": "SCHEMA", "stream": STREAM, "schema": SCHEMA, "key_properties": ["id"]}
    sys.stdout.write(json.dumps(schema) + "\n")
    for n in range(1, count + 1):
        sys.stdout.write(RECORD % parts(n))
        if not n % RECORDS_A_STATE:
            state = {"type": "STATE", "value": {STREAM: {"id": n}}}
            sys.stdout.write(json.dumps(state) + "\n")


def bodies(count: int) -> None:
    for n in range(1, count + 1):
        sys.stdout.write(BODY % parts(n))


def bulks(count: int) -> None:
    for first in range(1, count + 1, BULK):
        numbers = range(first, min(first + BULK, count + 1))
        sys.stdout.write(BULK_BODY % ",".join(EVENT % parts(n) for n in numbers))


if __name__ == "__main__":
    {"messages": messages, "bodies": bodies, "bulks": bulks}[sys.argv[1]](int(sys.argv[2]))
