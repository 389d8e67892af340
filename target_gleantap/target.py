"""The Singer target: messages in, calls of one run out."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import PurePath
from types import FrameType
from typing import Any, ClassVar

import msgspec
from singer_sdk import Target
from singer_sdk.exceptions import MappingError, MissingKeyPropertiesError
from singer_sdk.helpers._batch import BaseBatchFileEncoding
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.helpers.capabilities import PluginCapabilities, TargetCapabilities
from singer_sdk.singerlib.json import serialize_json

from target_gleantap import config as settings
from target_gleantap.config.config import Config
from target_gleantap.errors import ConfigError, RecordsRejected, RemovalsHeld
from target_gleantap.model import Fault
from target_gleantap.pipeline.dry_run import DryRun
from target_gleantap.pipeline.run import Run
from target_gleantap.singer.messages import Intake
from target_gleantap.singer.reader import LineReader
from target_gleantap.singer.schemas import Checkers
from target_gleantap.singer.sink import StreamSink
from target_gleantap.singer.stream_maps import keep_schemas_as_text
from target_gleantap.transform.routes import Routes

IDLE_SECONDS = 60.0


class KeyPropertiesMissing(RecordsRejected, MissingKeyPropertiesError):
    """Some rejects lack key properties; the type that singer-sdk's callers expect."""


class _StateMessage(msgspec.Struct):
    value: msgspec.Raw


_state = msgspec.json.Decoder(_StateMessage)


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
        super().__init__(
            config=config,
            parse_env_config=parse_env_config,
            validate_config=validate_config,
            setup_mapper=setup_mapper,
        )
        # Requests go side by side in delivery; sinks hold nothing to drain.
        self.max_parallelism = 1
        self.message_reader: LineReader = LineReader(self)
        self.checkers = Checkers()
        self.run = self._new_run()
        self._intake = Intake(self, self.message_reader, self.run)
        self._batch_stream = ""

    def _new_run(self) -> Run:
        return (DryRun if self.settings.dry_run else Run)(
            self.settings, self.plugin_version, self._drain
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
            for warning in settings.without_effect(self._config, config):
                self.logger.warning("%s", warning)
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

    def setup_mapper(self) -> None:
        """Make singer-sdk's stream maps, which keep the schema of every stream."""
        super().setup_mapper()
        keep_schemas_as_text(self.mapper)

    # --- messages

    def _process_schema_message(self, message_dict: dict[str, Any]) -> None:
        member = self._intake.member
        stream = member(message_dict, "stream", str)
        schema = member(message_dict, "schema", dict)
        member(schema, "properties", dict)
        if message_dict.get("key_properties") is not None:
            for name in member(message_dict, "key_properties", list):
                member({"key_properties": name}, "key_properties", str)
        self._intake.schema(stream)
        try:
            super()._process_schema_message(message_dict)
        except MappingError as fault:
            raise ConfigError([_stream_map_fault(stream, fault)]) from None
        if self._sinks_to_clear:
            self.drain_all()

    def _process_record_message(self, message_dict: dict[str, Any]) -> None:
        self._intake.take(message_dict)

    def _process_state_message(self, message_dict: dict[str, Any]) -> None:
        if not self._intake.member(message_dict, "value", dict):
            return  # it says nothing
        try:
            value = bytes(_state.decode(self.message_reader.line).value)
        except msgspec.DecodeError:
            # Valid JSON that msgspec does not read: a lone surrogate.
            value = serialize_json(message_dict["value"]).encode()
        self.run.pipeline.state(value)

    def _process_activate_version_message(self, message_dict: dict[str, Any]) -> None:
        stream = self._intake.member(message_dict, "stream", str)
        version = self._intake.member(message_dict, "version", int)
        for stream_map in self.mapper.stream_maps.get(stream, ()):
            sink: Any = self.get_sink(stream_map.stream_alias)
            sink.activate_version(version)

    def _process_batch_message(self, message_dict: dict[str, Any]) -> None:
        member = self._intake.member
        stream = member(message_dict, "stream", str)
        encoding = member(message_dict, "encoding", dict)
        files = member(message_dict, "manifest", list)
        for url in files:
            member({"manifest": url}, "manifest", str)
        first, *_ = self._intake.maps(stream, "BATCH")
        # singer-sdk would hand the files to each sink, and leave its own stream maps out.
        self._batch_stream = stream
        form = BaseBatchFileEncoding(str(encoding.get("format")), encoding.get("compression"))
        self.get_sink(first.stream_alias).process_batch_files(form, files)

    def take_batch_line(self, line: bytes, number: int) -> None:
        """Take a record of a BATCH file, as if a RECORD message had brought it.

        Args:
            line: The record's JSON.
            number: The line's 1-based number in its file.

        Raises:
            InputError: Where the line is no JSON object.
        """
        self._intake.take_line(self._batch_stream, line, number)

    # --- the run

    def idle(self) -> None:
        """Wait until something happens: an answer, a line, a signal, or a while."""
        self.run.idle(IDLE_SECONDS)

    def wake(self) -> None:
        """Make a waiting `idle` return; called by the thread that reads the input."""
        self.run.wake()

    def end(self, reason: BaseException) -> None:
        """Settle what is in flight, let the last safe state leave, and say what came of it.

        Args:
            reason: What cuts the run short; it travels on after this.
        """
        self.run.abandon(reason)

    def process_endofpipe(self) -> None:
        """Settle all that was read, let the last state leave, and say what came of it.

        Raises:
            TargetError: When something kept it from that, or it rejected too much.
        """
        try:
            self.run.finish()
        except (RecordsRejected, RemovalsHeld) as reason:
            if self._intake.keys_missing:
                raise KeyPropertiesMissing(str(reason)) from None
            raise

    def _drain(self) -> None:
        """Let singer-sdk do with its sinks what it does at the end; there is nothing in them."""
        self.drain_all(is_endofpipe=True)

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Stop reading and settle what is in flight; at the second signal, end at once."""
        if self._signalled or not hasattr(self, "run"):
            os._exit(128 + signum)
        self._signalled = True
        self.run.pipeline.stop(signum)


def _stream_map_fault(stream: str, fault: MappingError) -> Fault:
    message = f"singer-sdk cannot apply them to stream {stream!r} ({type(fault).__name__})"
    hint = "each is a Python expression over the record; see https://sdk.meltano.com"
    return Fault("stream_maps", message, hint, rule="stream_maps")
