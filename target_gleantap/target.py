"""The Singer target: messages in, states out."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import PurePath
from types import FrameType
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from singer_sdk import Target
from singer_sdk.exceptions import (
    MappingError,
    MissingKeyPropertiesError,
    RecordsWithoutSchemaException,
)
from singer_sdk.helpers._batch import BaseBatchFileEncoding
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.helpers.capabilities import PluginCapabilities, TargetCapabilities
from singer_sdk.mapper import DefaultStreamMap, StreamMap
from singer_sdk.singerlib.json import serialize_json

from target_gleantap import report, settings, summary
from target_gleantap.config import Config
from target_gleantap.delivery.client import Client
from target_gleantap.delivery.dispatch import Dispatcher, Policy
from target_gleantap.delivery.history import Gauges
from target_gleantap.delivery.rehearsal import Rehearsal
from target_gleantap.errors import (
    ConfigError,
    InputError,
    LocalError,
    RecordsRejected,
    RemovalsHeld,
    TargetError,
)
from target_gleantap.mapping import encode, encode_canonical, parse_number
from target_gleantap.model import Fault, Origin
from target_gleantap.pipeline import Pipeline
from target_gleantap.prepare import Preparation
from target_gleantap.progress import Progress, Pulse
from target_gleantap.reader import LineReader
from target_gleantap.rejects import KEY, Rejects, UnwrittenRejects
from target_gleantap.routes import Routes
from target_gleantap.sink import KEY_RULE, StreamSink

if TYPE_CHECKING:
    from target_gleantap.ledger.store import Ledger

IDLE_SECONDS = 60.0


class RecordBeforeSchema(InputError, RecordsWithoutSchemaException):
    """A RECORD came before its stream's SCHEMA; the type that singer-sdk's callers expect."""


class KeyPropertiesMissing(RecordsRejected, MissingKeyPropertiesError):
    """Some rejects lack key properties; the type that singer-sdk's callers expect."""


class _StateMessage(msgspec.Struct):
    value: msgspec.Raw


_state = msgspec.json.Decoder(_StateMessage)
_record = msgspec.json.Decoder(dict[str, Any], float_hook=parse_number)


class TargetGleantap(Target):
    """Delivers contacts and events, record by record, to the APIs that hold them."""

    name = "target-gleantap"
    package_name = "target-gleantap"
    config_jsonschema: ClassVar[dict[str, Any]] = settings.config_jsonschema()
    default_sink_class = StreamSink
    capabilities: ClassVar[list[Any]] = [
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
        PluginCapabilities.BATCH,
        PluginCapabilities.ACTIVATE_VERSION,
        TargetCapabilities.VALIDATE_RECORDS,
    ]

    def __init__(
        self,
        *,
        config: dict[str, Any] | PurePath | str | list[PurePath | str] | None = None,
        parse_env_config: bool = False,
        validate_config: bool = True,
        setup_mapper: bool = True,
    ) -> None:
        """Check the config as a whole; nothing is read or sent before that.

        Raises:
            ConfigError: With all its faults.
        """
        self._signalled = False
        self.settings: Config
        self.routes: Routes
        self.ignored: Counter[str] = Counter()
        super().__init__(
            config=config,
            parse_env_config=parse_env_config,
            validate_config=validate_config,
            setup_mapper=setup_mapper,
        )
        # Own threads are all the concurrency; sinks hold nothing to drain.
        self.max_parallelism = 1
        self.message_reader: LineReader = LineReader(self)
        self.pipeline = self._new_pipeline()
        self._schemas: dict[str, bytes] = {}
        self._batch_stream = ""
        self._keys_missing = False
        self._started_at = time.monotonic()
        self._began = datetime.now(timezone.utc).astimezone()

    def _new_pipeline(self) -> Pipeline:
        config = self.settings
        self._dispatcher = self._new_dispatcher(config)
        self._rejects = self._new_rejects(config)
        self._progress = Progress(self._pulse, self.logger)
        write_state = _write_no_state if config.dry_run else _write_state
        return Pipeline(
            config,
            self._dispatcher,
            self._rejects,
            write_state,
            None if config.dry_run else _open_ledger(config),
            self._watch,
            preparation=self._new_preparation(config),
        )

    def _new_preparation(self, config: Config) -> Preparation:
        remembered = config.ledger_url is not None and not config.dry_run
        return Preparation(config.vendor, encode_canonical if remembered else encode)

    def _new_rejects(self, config: Config) -> Rejects:
        return (UnwrittenRejects if config.dry_run else Rejects)(config.rejects_path)

    def headers(self, config: Config) -> dict[str, str]:
        """The headers of every request; they carry the credentials."""
        agent = {"User-Agent": f"{self.name}/{self.plugin_version}"}
        return {**agent, **config.destination.sign(config.vendor)}

    def _new_dispatcher(self, config: Config) -> Dispatcher | Rehearsal:
        destination = config.destination
        if config.dry_run:
            self.rehearsal = Rehearsal()
            return self.rehearsal
        return Dispatcher(
            destination,
            config.vendor,
            Client(config.base_url, self.headers(config), config.request_timeout_seconds),
            encode,
            Policy(
                config.max_in_flight,
                config.retry_deadline_seconds,
                config.on_ambiguous,
                config.quotas,
                config.batch_wait_seconds,
            ),
        )

    # --- the config

    @classproperty
    def _env_var_config(cls) -> dict[str, Any]:  # noqa: N805 - a class property
        return dict(settings.environment(os.environ))

    @classmethod
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        """Add nothing: `settings` describes what applies, and leaves out what means nothing."""

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Check the config in our own words: singer-sdk's messages print values, secrets too.

        Returns:
            All faults, as text.

        Raises:
            ConfigError: Where there are any, unless `raise_errors` is off.
        """
        config, faults = settings.read(self._config)
        if config is not None:
            config, said = self._configured(config, ready=not faults)
            faults = (*faults, *said)
            self.settings = config
            self.routes = Routes(config)
            faults = (*faults, *self.routes.faults)
        self.config_faults = faults
        if faults and (raise_errors or config is None):
            raise ConfigError(faults)
        # What singer-sdk and its debug log may see of the config from here on: no credentials.
        self._config = settings.singer_config(self._config)
        return [str(fault) for fault in faults]

    def _configured(self, config: Config, *, ready: bool) -> tuple[Config, tuple[Fault, ...]]:
        """Give the config with its destination as the vendor's own settings make it.

        Args:
            config: The config as it was read.
            ready: Whether its settings are free of faults.
        """
        vendor, destination = config.vendor, config.destination
        inspection = destination.inspect(vendor, datetime.now(timezone.utc).date())
        for warning in inspection.warnings:
            self.logger.warning("%s", warning)
        if inspection.faults or not ready:
            return config, inspection.faults
        return replace(config, destination=destination.configure(destination, vendor)), ()

    # --- messages

    def _process_schema_message(self, message_dict: dict[str, Any]) -> None:
        stream = self._member(message_dict, "stream", str)
        schema = self._member(message_dict, "schema", dict)
        self._member(schema, "properties", dict)
        if message_dict.get("key_properties") is not None:
            for name in self._member(message_dict, "key_properties", list):
                self._member({"key_properties": name}, "key_properties", str)
        self._schemas[stream] = self.message_reader.line
        try:
            super()._process_schema_message(message_dict)
        except MappingError as fault:
            raise ConfigError([self._stream_map_fault(stream, fault)]) from None
        if self._sinks_to_clear:
            self.drain_all()

    def _stream_map_fault(self, stream: str, fault: MappingError) -> Fault:
        message = f"singer-sdk cannot apply them to stream {stream!r} ({type(fault).__name__})"
        hint = "each is a Python expression over the record; see https://sdk.meltano.com"
        return Fault("stream_maps", message, hint, rule="stream_maps")

    def _process_record_message(self, message_dict: dict[str, Any]) -> None:
        stream = self._member(message_dict, "stream", str)
        record = self._member(message_dict, "record", dict)
        reject = message_dict.get(KEY)
        only = str(reject.get("mapping", "")) if isinstance(reject, dict) else ""
        # Only for a replay: counting looks at every row of the books, and some taps have thousands.
        counted = self._counted() if only else 0
        self._take(stream, record, self.message_reader.line, message_dict, only)
        if only and self._counted() == counted:
            raise ConfigError([self._mapping_is_gone(stream, only)])

    def _counted(self) -> int:
        """How many records the books know of, those of ignored streams included."""
        return self.pipeline.books.read + sum(self.ignored.values())

    def _mapping_is_gone(self, stream: str, mapping: str) -> Fault:
        line = self.message_reader.number
        message = (
            f"no mapping of stream {stream!r} is named {mapping!r}, which rejected the record in "
            f"input line {line}"
        )
        return Fault("mappings", message, "give this name to the one that is to take it", "unknown")

    def take_batch_line(self, line: bytes, number: int) -> None:
        """Take a record of a BATCH file, as if a RECORD message had brought it.

        Args:
            line: The record's JSON.
            number: The line's 1-based number in its file.

        Raises:
            InputError: Where the line is no JSON object.
        """
        try:
            record = _record.decode(line)
        except (msgspec.DecodeError, ValueError, RecursionError):
            raise InputError(
                f"Line {number} of a file of the BATCH in input line "
                f"{self.message_reader.number} is not a JSON object. The state stays at the last "
                "settled point."
            ) from None
        stream = self._batch_stream
        name = msgspec.json.encode(stream)
        text = b'{"type":"RECORD","stream":%b,"record":%b}' % (name, line.strip())
        self._take(stream, record, text, {"stream": stream, "record": record}, "")

    def _take(
        self, stream: str, record: dict[str, Any], line: bytes, message: dict[str, Any], only: str
    ) -> None:
        """Take a record through singer-sdk's stream maps, and on."""
        maps = self.mapper.stream_maps.get(stream)
        if maps is None:
            raise RecordBeforeSchema(
                f"Input line {self.message_reader.number} is a record of stream {stream!r}, which "
                "has had no SCHEMA yet. The tap must be mended."
            )
        version = message.get("version")
        origin = self._origin(stream, line, only, version if isinstance(version, int) else None)
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
            self.pipeline.filtered_by_stream_maps(origin.stream)
            return
        sink: Any = self.get_sink(stream_map.stream_alias)
        if sink.include_sdc_metadata_properties:
            mapped = dict(mapped)
            sink._add_sdc_metadata_to_record(mapped, message, {})  # noqa: SLF001 - singer-sdk's only way
        self._take_in(sink, mapped, origin, faults)

    def _take_in(
        self,
        sink: StreamSink,
        record: dict[str, Any],
        origin: Origin,
        faults: tuple[Fault, ...] = (),
    ) -> None:
        found = sink.take(record, origin, faults)
        self._keys_missing |= any(fault.rule == KEY_RULE for fault in found)

    def _process_state_message(self, message_dict: dict[str, Any]) -> None:
        if not self._member(message_dict, "value", dict):
            return  # it says nothing
        try:
            value = bytes(_state.decode(self.message_reader.line).value)
        except msgspec.DecodeError:
            # Valid JSON that msgspec does not read: a lone surrogate.
            value = serialize_json(message_dict["value"]).encode()
        self.pipeline.state(value)

    def _process_activate_version_message(self, message_dict: dict[str, Any]) -> None:
        stream = self._member(message_dict, "stream", str)
        version = self._member(message_dict, "version", int)
        for stream_map in self.mapper.stream_maps.get(stream, ()):
            sink: Any = self.get_sink(stream_map.stream_alias)
            sink.activate_version(version)

    def _process_batch_message(self, message_dict: dict[str, Any]) -> None:
        stream = self._member(message_dict, "stream", str)
        encoding = self._member(message_dict, "encoding", dict)
        files = self._member(message_dict, "manifest", list)
        for url in files:
            self._member({"manifest": url}, "manifest", str)
        if stream not in self.mapper.stream_maps:
            raise RecordBeforeSchema(
                f"Input line {self.message_reader.number} is a BATCH of stream {stream!r}, which "
                "has had no SCHEMA yet. The tap must be mended."
            )
        # singer-sdk would hand the files to each sink, and leave its own stream maps out.
        self._batch_stream = stream
        form = BaseBatchFileEncoding(str(encoding.get("format")), encoding.get("compression"))
        self.get_sink(self.mapper.stream_maps[stream][0].stream_alias).process_batch_files(
            form, files
        )

    def _member(self, message: dict[str, Any], name: str, kind: type) -> Any:
        value = message.get(name)
        if not isinstance(value, kind):
            said = "is missing" if value is None else "is not what Singer has there"
            raise InputError(
                f"Input line {self.message_reader.number}: `{name}` {said}. The tap must be mended."
            )
        return value

    def _origin(
        self, stream: str, message: bytes, only: str = "", version: int | None = None
    ) -> Origin:
        schema = self._schemas.get(stream, b"")
        return Origin(stream, self.message_reader.number, message, schema, only, version)

    # --- the run

    def idle(self) -> None:
        """Wait until something happens: an answer, a line, a signal, or a while."""
        self.pipeline.turn(IDLE_SECONDS)

    def wake(self) -> None:
        """Make a waiting `idle` return; called by the thread that reads the input."""
        self._dispatcher.wake()

    def process_endofpipe(self) -> None:
        """Settle all that was read, let the last state leave, and say what came of it.

        Raises:
            TargetError: When something kept it from that, or it rejected too much.
        """
        try:
            self.pipeline.finish()
        except (RecordsRejected, RemovalsHeld) as stopped:
            reason: TargetError = stopped
            if self.settings.dry_run and isinstance(stopped, RecordsRejected):
                reason = self._would_be_rejected()
            self._conclude(reason)
            if self._keys_missing:
                raise KeyPropertiesMissing(str(reason)) from None
            raise reason from None
        except BaseException as reason:
            self.end(reason)
            raise
        self._conclude(None)

    def _would_be_rejected(self) -> RecordsRejected:
        return RecordsRejected(
            f"Dry run: {self._rejects.count} would be rejected, for the reasons in the summary; "
            "all else would be delivered. Nothing was sent. Mend the mapping or the data."
        )

    def end(self, reason: BaseException) -> None:
        """Settle what is in flight, let the last safe state leave, and say what came of it.

        Args:
            reason: What cuts the run short; it travels on after this.
        """
        try:
            self.pipeline.abandon(self.pipeline.grace(reason))
        except TargetError as fault:
            self.logger.error("%s", fault)  # noqa: TRY400 - the reason comes with its own trace
        finally:
            self._conclude(reason)

    def _conclude(self, reason: BaseException | None) -> None:
        self._progress.clear()
        self.drain_all(is_endofpipe=True)
        text = summary.summarize(
            self.pipeline.books,
            self._dispatcher.traffic,
            seconds=time.monotonic() - self._started_at,
            destination=self.settings.destination.name,
            states=0 if self.settings.dry_run else self.pipeline.states_written,
            dry_run=self.settings.dry_run,
            ignored=self.ignored,
            rejects_path=self._rejects.written_to,
            reason=reason,
        )
        with ExitStack() as last:
            last.callback(summary.show, text, sys.stderr)
            if self.settings.summary_path:
                last.callback(summary.write, text, self.settings.summary_path)
            if self.settings.report_path:
                last.callback(self._report, text, self.settings.report_path)
            self.pipeline.close()

    def _report(self, text: dict[str, Any], path: str) -> None:
        self._sample()
        history, version = self._dispatcher.history, self.plugin_version
        page = report.render(text, history, self.settings, began=self._began, version=version)
        report.write(page, path)

    def _watch(self) -> None:
        self._progress.tell()
        if self._dispatcher.history.due(time.monotonic()):
            self._sample()

    def _sample(self) -> None:
        gauges = Gauges(
            self.pipeline.books.settled,
            self._rejects.count,
            self._dispatcher.in_flight,
            self.pipeline.unsettled,
            self._dispatcher.quota_use(),
        )
        self._dispatcher.history.sample(time.monotonic(), gauges)

    def _pulse(self) -> Pulse:
        return Pulse(
            self.pipeline.books.settled,
            self._dispatcher.in_flight,
            self.pipeline.unsettled,
            self._rejects.count,
            self._dispatcher.quota_left(),
        )

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Stop reading and settle what is in flight; at the second signal, end at once."""
        if self._signalled or not hasattr(self, "pipeline"):
            os._exit(128 + signum)
        self._signalled = True
        self.pipeline.stop(signum)


def _transform(
    stream_map: StreamMap, record: dict[str, Any]
) -> tuple[dict[str, Any] | None, tuple[Fault, ...]]:
    """Let singer-sdk change the record; where it cannot, that is the record's fault."""
    try:
        return stream_map.transform(dict(record)), ()
    except Exception as fault:  # noqa: BLE001 - the user's own expressions raise anything
        said = f"stream_maps cannot be applied ({type(fault).__name__})"
        return record, (Fault("", said, rule="stream_maps"),)


def _write_no_state(_value: bytes) -> None:
    """A dry run has done nothing that a state could stand for."""


def _open_ledger(config: Config) -> Ledger | None:
    """Open the ledger, where there is to be one.

    Raises:
        ConfigError: Where the settings do not fit it.
        LocalError: Where it cannot be used.
    """
    if config.ledger_url is None:
        return None
    from target_gleantap.ledger.opening import open_ledger  # noqa: PLC0415 - slow, SQLAlchemy

    return open_ledger(config.ledger_url, config.ledger_secret, wait=config.ledger_wait_seconds)


def _write_state(value: bytes) -> None:
    try:
        sys.stdout.write(value.decode() + "\n")
        sys.stdout.flush()
    except (OSError, ValueError, AttributeError) as fault:
        # Python has None there where the process began without a stdout.
        full = isinstance(fault, OSError) and fault.errno in (
            errno.ENOSPC,
            errno.EFBIG,
            errno.EDQUOT,
        )
        said = "cannot be written" if full else "is closed: nobody reads the states of this run"
        words = fault.strerror if full and isinstance(fault, OSError) else type(fault).__name__
        raise LocalError(
            f"stdout {said} ({words}). What was delivered will be sent again next time."
        ) from None
