"""Mappings proposed for streams that have none: read, profile, propose."""

from __future__ import annotations

from typing import IO, Any

from target_gleantap.contract import Destination
from target_gleantap.errors import InputError
from target_gleantap.exact_json.codec import decode_json
from target_gleantap.workbench.check.catalogs import read_catalog
from target_gleantap.workbench.dry_target import opened
from target_gleantap.workbench.scaffold.profile import StreamProfile, profile_of
from target_gleantap.workbench.scaffold.propose import Proposal, propose

SAMPLE = 1000
"""How many records of each stream are looked at."""


def scaffold(destination: Destination, path: str | None, catalog: str | None) -> list[Proposal]:
    """Propose a mapping for each stream.

    Args:
        destination: Whose contract to fill.
        path: A tap's output, `-` for stdin, or None.
        catalog: A tap's catalog, or None.

    Raises:
        TargetError: Where what is read is no Singer, or cannot be read.
    """
    streams: dict[str, StreamProfile] = {}
    if catalog is not None:
        streams = {each.name: each for each in map(profile_of, read_catalog(catalog))}
    if path is not None:
        with opened(path) as file:
            _read(file, streams)
    if not streams:
        raise InputError("There is no SCHEMA message in the input: nothing can be proposed.")
    return [propose(stream, destination) for stream in streams.values()]


def _read(file: IO[bytes], streams: dict[str, StreamProfile]) -> None:
    for number, line in enumerate(file, 1):
        if not line.isspace():
            _take(_message(line, number), streams, number)


def _message(line: bytes, number: int) -> dict[str, Any]:
    line = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
    try:
        message = decode_json(line)
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict):
        raise InputError(f"Input line {number} is not a JSON object: a tap's output is.")
    return message


def _take(message: dict[str, Any], streams: dict[str, StreamProfile], number: int) -> None:
    name, schema, record = (message.get(one) for one in ("stream", "schema", "record"))
    if message.get("type") == "SCHEMA" and name not in streams:
        if not isinstance(name, str) or not isinstance(schema, dict):
            raise InputError(f"Input line {number} is a SCHEMA without its stream or its schema.")
        streams[name] = profile_of(message)
    known = streams.get(str(name)) if isinstance(record, dict) else None
    if known is not None and isinstance(record, dict) and known.records < SAMPLE:
        known.see(record)
