"""SureSend as the sandbox plays it: its operations over the target's own contract files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from target_gleantap.contract import Identifier
from target_gleantap.destinations import load
from target_gleantap.model import Body
from target_gleantap.sandbox.account.vendor import Operation, Vendor
from target_gleantap.sandbox.http_messages import HttpRequest
from target_gleantap.sandbox.vendors.suresend import operations
from target_gleantap.sandbox.vendors.suresend.people import contact_of, fold

DESTINATION = load("suresend")
QUOTA, QUOTA_OF_A_SYSTEM = ("300/1m",), ("600/1m",)


def keys_fit(headers: Mapping[str, str], credentials: Mapping[str, str]) -> bool:
    """The token goes out as a bearer's."""
    return headers.get("authorization") == f"Bearer {credentials['api_key']}"


def tenant_fits(_body: Body, _credentials: Mapping[str, str]) -> bool:
    """No body names an account."""
    return True


def quotas(_operation: Operation, request: HttpRequest) -> tuple[str, tuple[str, ...]]:
    """A system that identifies itself gets twice the limit; any id of that form is accepted."""
    system_id = request.headers.get("x-system-id", "")
    return (system_id, QUOTA_OF_A_SYSTEM) if system_id.startswith("ss_sys_") else ("", QUOTA)


def _wire(resource: str) -> dict[str, Any]:
    """The contract's body schema, with what its words say beside it."""
    schema = {**DESTINATION.resources[resource].schema}
    if resource == "event":
        schema["oneOf"] = schema.pop("anyOf")
        return schema
    return {**schema, "properties": {**schema["properties"], **_objects_only(schema)}}


def _objects_only(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Plain texts as e-mail addresses and phone numbers are documented for events alone."""
    changed = {}
    for name in ("emails", "phones"):
        items = schema["properties"][name]["items"]
        changed[name] = {"type": "array", "items": {**items, "type": "object"}}
    return changed


def _update() -> dict[str, Any]:
    """Any part of a person; null clears."""
    properties = _wire("person")["properties"]
    return {
        "type": "object",
        "properties": {
            name: {"anyOf": [{"type": "null"}, {"const": ""}, schema]}
            for name, schema in properties.items()
        },
        "additionalProperties": False,
    }


def _identifiers(resource: str) -> tuple[Identifier, ...]:
    return DESTINATION.resources[resource].identifiers


VENDOR = Vendor(
    destination=DESTINATION,
    operations=(
        Operation(
            name="event",
            path="/events",
            schema=_wire("event"),
            carry_out=operations.create_event,
            answers=(200, 201, 422),
            identifiers=_identifiers("event"),
            contact=contact_of,
        ),
        Operation(
            name="person",
            path="/people",
            schema=_wire("person"),
            carry_out=operations.create_person,
            answers=(200, 201),
            identifiers=_identifiers("person"),
            contact=contact_of,
        ),
        Operation(
            name="people",
            path="/people",
            method="GET",
            schema=None,
            carry_out=operations.list_people,
        ),
        Operation(
            name="person_update",
            path="/people/{id}",
            method="PUT",
            schema=_update(),
            carry_out=operations.update_person,
            identifiers=_identifiers("person"),
            contact=contact_of,
        ),
        Operation(
            name="company",
            path="/companies",
            schema=_wire("company"),
            carry_out=operations.create_company,
            answers=(201,),
            identifiers=_identifiers("company"),
        ),
    ),
    credentials={"api_key": "sandbox-key"},
    keys_fit=keys_fit,
    tenant_fits=tenant_fits,
    refuse=operations.refuse,
    failure=lambda message: {"success": False, "message": message},
    fold=fold,
    quotas=quotas,
    variants=(operations.REFERENCE, operations.GUIDE),
)
