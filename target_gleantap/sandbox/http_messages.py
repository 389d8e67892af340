"""One HTTP request and one HTTP response, as every room of the sandbox reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One HTTP request, read to its end. Header names are in lower case.

    Attributes:
        method: The HTTP method.
        path: The path as it was requested.
        query: The text after the question mark.
        headers: The headers by name.
        body: The bytes of the body.
        named: The parts of the path that stand where the operation's path has a name in braces.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    named: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP response: `content` goes out as JSON unless it is bytes already."""

    status: int
    content: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json"


def look_up(body: Any, path: str) -> Any:
    """Follow dots into nested objects of a JSON body; None where the path ends early."""
    for part in path.split("."):
        if not isinstance(body, dict):
            return None
        body = body.get(part)
    return body
