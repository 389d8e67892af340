"""What single settings ask for beyond their kind. Pure; no message holds the value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from phonenumbers import SUPPORTED_REGIONS

from target_gleantap import destinations
from target_gleantap.config.kinds import Checked
from target_gleantap.contract import Destination, Quota
from target_gleantap.errors import did_you_mean
from target_gleantap.model import Fault

_QUOTA = re.compile(r"\s*([0-9]{1,9})\s*/\s*([0-9]{0,9})\s*(ms|s|m|h)\s*")
_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
# The directives of C and of datetime (docs.python.org, "strftime() and strptime() behavior"),
# with the flags for padding and case that C libraries add.
_DIRECTIVE = re.compile(r"%(?:[-_0^#]?[aAbBcdDeFfgGhHIjklmMnpPrRsStTuUVwWxXyYzZC]|:z)")
LEDGER_SCHEMES = ("sqlite", "postgresql", "postgres")
LEDGERS = ("sqlite:///ledger.db", "postgresql://user:password@host/database")
SECRET_LENGTH = 16
_NOT_UK = {"UK": "GB", "EN": "GB"}


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _split(value: str) -> SplitResult | None:
    """The parts of an address, or None where it is none."""
    if re.search(r"[\s\\\x00-\x1f\x7f]", value):
        return None
    try:
        parts = urlsplit(value)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if named else None


def _url_faults(value: str, parts: SplitResult, destination: Destination | None) -> Iterator[Fault]:
    host = parts.hostname or ""
    if parts.scheme == "http" and not _is_loopback(host):
        yield Fault(
            "base_url",
            "plain http would send the keys unencrypted",
            "write https; http is taken for 127.0.0.1, ::1 and localhost only",
            rule="http",
        )
    if "@" in parts.netloc:
        hint = "credentials have settings of their own"
        yield Fault("base_url", "holds a user or a password", hint, rule="userinfo")
    if "?" in value or "#" in value:
        hint = "leave off what follows ? or #"
        yield Fault("base_url", "has a query or a fragment", hint, rule="query")
    others = (each for each in map(destinations.load, destinations.names()) if each != destination)
    for other in others:
        if destination and host == urlsplit(other.base_url).hostname:
            yield Fault(
                "base_url",
                f"is {other.title}'s server, but the destination is {destination.name}",
                "leave base_url out, or change destination",
                rule="other_vendor",
            )


def base_url(value: str, destination: Destination | None) -> Checked:
    """An address that keys may be sent to; given back without a slash at its end."""
    parts = _split(value)
    if parts is None or parts.scheme not in ("https", "http"):
        hint = "such as https://api.example.com"
        return None, (Fault("base_url", "is not an https address", hint, rule="url"),)
    faults = tuple(_url_faults(value, parts, destination))
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/"), faults


def timezone(value: str) -> Checked:
    """A zone by its IANA name."""
    try:
        return ZoneInfo(value), ()
    # An unknown name is a KeyError; a name that is a folder or no name at all gives the others.
    except (KeyError, ValueError, OSError):
        near = did_you_mean(value, sorted(available_timezones()))
        hint = near or "an IANA name such as Europe/London"
        return None, (Fault("timezone", "no time zone has this name", hint, rule="timezone"),)


def default_region(value: str) -> Checked:
    """A country that phone numbers are known for."""
    region = value.strip().upper()
    if region in SUPPORTED_REGIONS:
        return region, ()
    known = f"did you mean {_NOT_UK[region]}?" if region in _NOT_UK else ""
    hint = known or "two letters of ISO 3166, such as US or GB"
    return None, (Fault("default_region", "no country has this code", hint, rule="region"),)


def _quota(index: int, written: Any) -> Quota | Fault:
    match = _QUOTA.fullmatch(written) if isinstance(written, str) else None
    if match:
        requests, count, unit = int(match[1]), int(match[2] or 1), match[3]
        if requests and count:
            return Quota(requests, count * _UNIT_SECONDS[unit])
    return Fault(
        f"quotas[{index}]",
        "expected requests/window, both at least 1",
        'such as "50/1s", "2000/1m", "10/500ms" or "30000/1h"',
        rule="quota",
    )


def quotas(value: Sequence[Any]) -> Checked:
    """Limits, each as `requests/window`."""
    read = [_quota(index, written) for index, written in enumerate(value)]
    faults = tuple(each for each in read if isinstance(each, Fault))
    return tuple(each for each in read if isinstance(each, Quota)), faults


def strftime(name: str, value: str) -> Checked:
    """A pattern that writes at least one part of a time, and nothing that strftime lacks."""
    plain = value.replace("%%", "")
    rest, count = _DIRECTIVE.subn("", plain)
    message = ""
    if "%" in rest:
        message = "has a directive that strftime does not know"
    elif not count:
        message = "has no directive: it would write the same text for every time"
    if message:
        hint = "such as %Y-%m-%d or %I:%M %p; a plain % is written %%"
        return None, (Fault(name, message, hint, rule="strftime"),)
    return value, ()


def credential(name: str, value: str) -> Checked:
    """A key that can stand in a header, as it is."""
    if re.fullmatch(r"\$(\w+|\{\w+\})", value):
        hint = "set the variable that the config refers to"
        return None, (Fault(name, "holds a variable's name, not its value", hint, rule="variable"),)
    if not re.fullmatch(r"[\x21-\x7e]+", value):
        hint = "copy it again; a line break at its end is a frequent cause"
        message = "holds a space, a line break or a letter that no key has"
        return None, (Fault(name, message, hint, rule="credential"),)
    return value, ()


def quota_url(value: str) -> Checked:
    """Where a Redis can be."""
    scheme, found, rest = value.partition("://")
    if not found or scheme not in ("redis", "rediss", "unix") or not rest.strip("/"):
        hint = "such as rediss://user:password@host:6379/0"
        return None, (Fault("quota_url", "is no address of a Redis", hint, rule="quota_url"),)
    database = rest.partition("?")[0].partition("/")[2]
    if scheme != "unix" and database and not database.isdecimal():
        hint = "after the last slash stands the number of a database, such as 0"
        return None, (Fault("quota_url", "names no database", hint, rule="quota_url"),)
    return value, ()


def ledger_url(value: str) -> Checked:
    """Where a ledger can be kept."""
    hint = f"such as {' or '.join(LEDGERS)}"
    scheme, found, rest = value.partition("://")
    if not found or scheme not in LEDGER_SCHEMES:
        return None, (Fault("ledger_url", "is no address of a ledger", hint, rule="ledger"),)
    if scheme == "sqlite" and rest.strip("/") in ("", ":memory:"):
        return None, (Fault("ledger_url", "names no file", hint, rule="ledger"),)
    if scheme == "sqlite" and not rest.startswith("/"):
        # What stands after two slashes is a host, and SQLite has none: the path would be empty.
        hint = "three slashes before a path from here, four before one from the root"
        message = "has too few slashes for the path of a file"
        return None, (Fault("ledger_url", message, hint, rule="ledger"),)
    return value, ()


def ledger_secret(value: str) -> Checked:
    """A secret that nobody guesses: short ones would give the hashes away."""
    if len(value) < SECRET_LENGTH:
        hint = f"{SECRET_LENGTH} characters or more, by chance"
        return None, (Fault("ledger_secret", "is too short", hint, rule="ledger"),)
    return credential("ledger_secret", value)


def ledger_faults(values: Mapping[str, Any], found: Sequence[Fault]) -> Iterator[Fault]:
    """What is wrong between the ledger's settings, where each of them is right by itself."""
    url = values.get("ledger_url")
    if any(fault.path == "ledger_secret" for fault in found):
        return
    if url and not url.startswith("sqlite") and not values.get("ledger_secret"):
        hint = "set the same one, 16 characters or more, for every run on this ledger"
        yield Fault("ledger_secret", "is required for PostgreSQL", hint, rule="required")


def _format_names(schema: Any) -> Iterator[str]:
    if isinstance(schema, Mapping):
        if isinstance(schema.get("x-format"), str):
            yield schema["x-format"]
        for inner in schema.values():
            yield from _format_names(inner)


def format_names(destination: Destination) -> frozenset[str]:
    """The settings of a destination that hold strftime patterns: its schemas name them."""
    return frozenset(
        name for each in destination.resources.values() for name in _format_names(each.schema)
    )
