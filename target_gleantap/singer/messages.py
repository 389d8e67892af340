"""A record's way to its mappings: from its message, through singer-sdk's stream maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from singer_sdk.exceptions import RecordsWithoutSchemaException
from singer_sdk.mapper import DefaultStreamMap

from target_gleantap.errors import ConfigError, InputError
from target_gleantap.exact_json.codec import parse_number
from target_gleantap.model import Fault, Origin
from target_gleantap.outcomes.rejects import KEY
from target_gleantap.singer.sink import KEY_RULE, StreamSink

if TYPE_CHECKING:
    from singer_sdk.mapper import PluginMapper, StreamMap

    from target_gleantap.pipeline.run import Run
    from target_gleantap.singer.reader import LineReader

_record = msgspec.json.Decoder(dict[str, Any], float_hook=parse_number)


class RecordBeforeSchema(InputError, RecordsWithoutSchemaException):
    """A RECORD came before its stream's SCHEMA; the type that singer-sdk's callers expect."""


class Sinks(Protocol):
    """What is needed of singer-sdk's target."""

    @property
    def mapper(self) -> PluginMapper:
        """The stream maps."""

    def get_sink(self, stream_name: str) -> Any:
        """Give a stream's sink."""


class Intake:
    """Takes the records of one run.

    Args:
        sinks: Has the stream maps and the sinks.
        reader: Knows the current line.
        run: Takes them on.

    Attributes:
        keys_missing: Whether a record came without its key properties.
    """

    def __init__(self, sinks: Sinks, reader: LineReader, run: Run) -> None:
        self.keys_missing = False
        self._sinks = sinks
        self._reader = reader
        self._run = run
        self._schemas: dict[str, bytes] = {}

    def member(self, message: dict[str, Any], name: str, kind: type) -> Any:
        """Give a member of a message.

        Raises:
            InputError: Where it is missing, or something else.
        """
        value = message.get(name)
        if not isinstance(value, kind):
            said = "is missing" if value is None else "is not what Singer has there"
            raise InputError(
                f"Input line {self._reader.number}: `{name}` {said}. The tap must be mended."
            )
        return value

    def schema(self, stream: str) -> None:
        """Keep a stream's SCHEMA line, for its rejects."""
        self._schemas[stream] = self._reader.line

    def maps(self, stream: str, message: str) -> list[StreamMap]:
        """Give a stream's maps.

        Args:
            stream: It.
            message: What came of it.

        Raises:
            RecordBeforeSchema: Where it has none yet.
        """
        maps: list[StreamMap] | None = self._sinks.mapper.stream_maps.get(stream)
        if maps is None:
            raise RecordBeforeSchema(
                f"Input line {self._reader.number} is a {message} of stream {stream!r}, which has "
                "had no SCHEMA yet. The tap must be mended."
            )
        return maps

    # --- records

    def take(self, message: dict[str, Any]) -> None:
        """Take a RECORD.

        Raises:
            TargetError: When the run must stop.
        """
        stream = self.member(message, "stream", str)
        record = self.member(message, "record", dict)
        reject = message.get(KEY)
        only = str(reject.get("mapping", "")) if isinstance(reject, dict) else ""
        counted = self._run.counted if only else 0
        self._take(stream, record, self._reader.line, message, only)
        if only and self._run.counted == counted:
            raise ConfigError([self._mapping_is_gone(stream, only)])

    def _mapping_is_gone(self, stream: str, mapping: str) -> Fault:
        message = (
            f"no mapping of stream {stream!r} is named {mapping!r}, which rejected the record in "
            f"input line {self._reader.number}"
        )
        return Fault("mappings", message, "give this name to the one that is to take it", "unknown")

    def take_line(self, stream: str, line: bytes, number: int) -> None:
        """Take a record of a BATCH file, as if a RECORD message had brought it.

        Args:
            stream: Its stream.
            line: The record's JSON.
            number: The line's 1-based number in its file.

        Raises:
            InputError: Where the line is no JSON object.
        """
        try:
            record = _record.decode(line)
        except (msgspec.DecodeError, ValueError, RecursionError):
            raise InputError(
                f"Line {number} of a file of the BATCH in input line {self._reader.number} is not "
                "a JSON object. The state stays at the last settled point."
            ) from None
        name = msgspec.json.encode(stream)
        text = b'{"type":"RECORD","stream":%b,"record":%b}' % (name, line.strip())
        self._take(stream, record, text, {"stream": stream, "record": record}, "")

    def _take(
        self, stream: str, record: dict[str, Any], line: bytes, message: dict[str, Any], only: str
    ) -> None:
        """Take a record through singer-sdk's stream maps, and on."""
        maps = self.maps(stream, "record")
        version = message.get("version")
        number = version if isinstance(version, int) else None
        schema = self._schemas.get(stream, b"")
        origin = Origin(stream, self._reader.number, line, schema, only, number)
        for stream_map in maps:
            self._take_mapped(stream_map, record, origin, message)

    def _take_mapped(
        self, stream_map: StreamMap, record: dict[str, Any], origin: Origin, message: dict[str, Any]
    ) -> None:
        mapped: dict[str, Any] | None = record
        faults: tuple[Fault, ...] = ()
        if not isinstance(stream_map, DefaultStreamMap) or stream_map.flattening_enabled:
            mapped, faults = _transform(stream_map, record)
        elif not stream_map.get_filter_result(record):
            mapped = None
        if mapped is None:
            self._run.pipeline.settling.filtered_by_stream_maps(origin.stream)
            return
        sink: StreamSink = self._sinks.get_sink(stream_map.stream_alias)
        if sink.include_sdc_metadata_properties:
            mapped = dict(mapped)
            sink._add_sdc_metadata_to_record(mapped, message, {})  # noqa: SLF001 - singer-sdk's only way
        found = sink.take(mapped, origin, faults)
        self.keys_missing |= any(fault.rule == KEY_RULE for fault in found)


def _transform(
    stream_map: StreamMap, record: dict[str, Any]
) -> tuple[dict[str, Any] | None, tuple[Fault, ...]]:
    """Let singer-sdk change the record; where it cannot, that is the record's fault."""
    try:
        return stream_map.transform(dict(record)), ()
    except Exception as fault:  # noqa: BLE001 - the user's own expressions raise anything
        said = f"stream_maps cannot be applied ({type(fault).__name__})"
        return record, (Fault("", said, rule="stream_maps"),)
