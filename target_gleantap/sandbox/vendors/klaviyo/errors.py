"""Klaviyo's error bodies: JSON:API, with a pointer to what is wrong."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from target_gleantap.sandbox.http_messages import Reply

NO_POINTERS = "no_pointers"
"""The variant that names no place in the body."""
INVALID = "Invalid input."
CODES = {
    400: ("invalid", INVALID),
    401: ("not_authenticated", "Authentication credentials were not provided."),
    403: ("permission_denied", "You do not have permission to perform this action."),
    404: ("not_found", "Not found."),
    405: ("method_not_allowed", "Method not allowed."),
    413: ("payload_too_large", "Payload too large."),
    415: ("unsupported_media_type", "Unsupported media type in request."),
    429: ("throttled", "Request was throttled."),
}
PHONE = "Invalid phone number format (Example of a valid format: +12345678901)"
EMAIL = "Invalid email address"
IDENTITY = "At least one identifier is required"


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that is wrong with a body, and where."""

    pointer: str
    detail: str
    code: str = "invalid"


def refuse(status: int, message: str, faults: Sequence[str]) -> Reply:
    """Word a refusal of a whole request."""
    return _reply(status, [(detail, None) for detail in (faults or (message,))])


def refuse_parameter(message: str, parameter: str) -> Reply:
    """Word a refusal for what is no part of the body."""
    return _reply(400, [(message, {"parameter": parameter})])


def refuse_body(wrong: Iterable[Wrong], variant: str) -> Reply:
    """Word a refusal of a body."""
    found = [
        (one.detail, None if variant == NO_POINTERS else {"pointer": one.pointer}) for one in wrong
    ]
    return _reply(400, found)


def _reply(status: int, details: Iterable[tuple[str, dict[str, str] | None]]) -> Reply:
    code, title = CODES.get(status, ("error", "A server error occurred."))
    errors: list[dict[str, Any]] = []
    for detail, source in details:
        error = {"id": str(uuid.uuid4()), "status": status, "code": code}
        error |= {"title": title, "detail": detail, "meta": {}}
        errors.append(error if source is None else {**error, "source": source})
    return Reply(status, {"errors": errors}, media_type="application/vnd.api+json")


def held_against(schema: jsonschema_rs.Draft202012Validator, body: Any) -> Iterator[Wrong]:
    """Everything that breaks the schema."""
    if schema.is_valid(body):
        return
    for error in schema.iter_errors(body):
        yield Wrong(_pointer(error), _detail(error))


def _pointer(error: jsonschema_rs.ValidationError) -> str:
    parts = [str(part).replace("~", "~0").replace("/", "~1") for part in error.instance_path]
    if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.Required):
        parts.append(error.kind.property.strip('"'))
    return "".join(f"/{part}" for part in parts)


def _detail(error: jsonschema_rs.ValidationError) -> str:
    last = str(error.instance_path[-1]) if error.instance_path else "body"
    kinds = jsonschema_rs.ValidationErrorKind
    if isinstance(error.kind, kinds.AnyOf):
        return IDENTITY
    if isinstance(error.kind, kinds.Required):
        return f"{_pointer(error).rpartition('/')[2]} is a required field"
    if last.endswith("email"):
        return EMAIL
    return PHONE if last.endswith("phone_number") else f"'{last}' is not valid"
