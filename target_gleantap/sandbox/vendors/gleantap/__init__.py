"""Gleantap as the sandbox plays it: its operations over the target's own contract files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from target_gleantap.contract import Resource
from target_gleantap.destinations import load
from target_gleantap.model import Body
from target_gleantap.sandbox.account.store import Store
from target_gleantap.sandbox.account.vendor import Operation, Vendor
from target_gleantap.sandbox.http_messages import HttpRequest, Reply
from target_gleantap.sandbox.vendors.gleantap import operations
from target_gleantap.sandbox.vendors.gleantap.contacts import contact_of, fold

DESTINATION = load("gleantap")


def keys_fit(headers: Mapping[str, str], credentials: Mapping[str, str]) -> bool:
    """Both key headers are needed on every operation."""
    return (headers.get("x-api-key"), headers.get("x-secret-key")) == (
        credentials["api_key"],
        credentials["secret_key"],
    )


def tenant_fits(body: Body, credentials: Mapping[str, str]) -> bool:
    """Every JSON operation names the app in its body."""
    return bool(body.get("app_id") == credentials["app_id"])


def _wire_schema(resource: Resource) -> dict[str, Any]:
    """The contract's body schema, and what the envelope makes of it."""
    schema = dict(resource.schema)
    schema["properties"] = {**schema["properties"], "app_id": {"type": "string"}}
    schema["required"] = [*schema["required"], "app_id"]
    if resource.name == "event":
        schema["dependentSchemas"] = {"user_id": {"properties": {"first_name": False}}}
    return schema


def _operation(
    name: str, carry_out: Callable[[Store, Body, HttpRequest], Reply], event_id: str = ""
) -> Operation:
    resource = DESTINATION.resources[name]
    return Operation(
        name=name,
        path=resource.path,
        method=resource.method,
        schema=_wire_schema(resource),
        identifiers=resource.identifiers,
        carry_out=carry_out,
        contact=contact_of,
        event_id=event_id,
    )


VENDOR = Vendor(
    destination=DESTINATION,
    operations=(
        _operation("contact", operations.new_contact),
        _operation("event", operations.new_event, event_id="id"),
        _operation("contact_removal", operations.remove_contact),
        _operation("contact_merge", operations.merge_contacts),
        _operation("sms_optin", operations.optin),
        Operation(
            name="customers",
            path="/v2/ExternalApi/getCustomers",
            schema=operations.CUSTOMERS,
            carry_out=operations.get_customers,
        ),
    ),
    credentials={
        "api_key": "sandbox-key",
        "secret_key": "sandbox-secret",
        "app_id": "sandbox-app",
    },
    keys_fit=keys_fit,
    tenant_fits=tenant_fits,
    refuse=operations.refuse,
    failure=lambda message: {"status": "error", "message": message},
    fold=fold,
)
