"""The OpenAPI description of an account, from the same contracts that it checks with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from target_gleantap.sandbox.account.vendor import Operation, Vendor

JSON = "application/json"
REFUSALS = (400, 401, 404, 405, 413, 415, 429)
"""The error statuses of every operation, without injected failures."""
NOT_DECLARED = frozenset({"accept", "authorization", "content-type"})
"""Headers that OpenAPI 3.1 does not describe as parameters."""


def describe(vendor: Vendor, credentials: Mapping[str, str]) -> dict[str, Any]:
    """Describe what a vendor serves, in OpenAPI 3.1.

    Args:
        vendor: The vendor, with its operations.
        credentials: The expected credentials; their headers are named, their values are not.
    """
    settings = {one.name: one.default for one in vendor.destination.settings}
    sent = vendor.destination.sign({**settings, **credentials})
    secrets = tuple(credentials.values())
    keys = [name for name, text in sent.items() if any(secret in text for secret in secrets)]
    plain = {
        name: text
        for name, text in sent.items()
        if name not in keys and name.lower() not in NOT_DECLARED
    }
    media_type = sent.get("Content-Type", JSON)
    paths: dict[str, dict[str, Any]] = {}
    for operation in vendor.operations:
        described = _operation(operation, plain, media_type, sent.get("Accept", JSON))
        paths.setdefault(operation.path, {})[operation.method.lower()] = described
    schemes = {name: {"type": "apiKey", "in": "header", "name": name} for name in keys}
    return {
        "openapi": "3.1.0",
        "info": {"title": f"{vendor.destination.title}, as the sandbox plays it", "version": "1"},
        "paths": paths,
        "components": {"securitySchemes": schemes},
        "security": [{name: [] for name in keys}],
    }


def _operation(
    operation: Operation, plain: Mapping[str, str], media_type: str, answered: str
) -> dict[str, Any]:
    named = re.findall(r"{(\w+)}", operation.path)
    parameters = [_parameter("path", name, {"type": "string"}) for name in named]
    parameters += [_parameter("header", name, {"const": text}) for name, text in plain.items()]
    content = {one: {"schema": {"type": "object"}} for one in dict.fromkeys((answered, JSON))}
    described: dict[str, Any] = {
        "operationId": f"{operation.name} {operation.path}",
        "parameters": parameters,
        "responses": {
            str(status): {"description": HTTPStatus(status).phrase, "content": content}
            for status in (*operation.answers, *REFUSALS)
        },
    }
    for status in operation.silent:
        del described["responses"][str(status)]["content"]
    if operation.schema is not None:
        schema = {name: rule for name, rule in operation.schema.items() if name != "$schema"}
        described["requestBody"] = {"required": True, "content": {media_type: {"schema": schema}}}
    return described


def _parameter(place: str, name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"in": place, "name": name, "required": True, "schema": schema}
