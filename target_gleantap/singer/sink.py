"""A stream's records, handed to the pipeline as they were read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from gzip import open as gzip_open
from typing import IO, TYPE_CHECKING, Any

import jsonschema
from singer_sdk.helpers._batch import BatchFileFormat, StorageTarget
from singer_sdk.metrics import Metric, Timer
from singer_sdk.sinks import Sink

from target_gleantap.errors import InputError, LocalError
from target_gleantap.exact_json.codec import decode_json
from target_gleantap.model import Fault, Origin, Record
from target_gleantap.singer.schemas import schema_text
from target_gleantap.transform.routes import Route
from target_gleantap.validation.checker import DeadReferenceError

if TYPE_CHECKING:
    from singer_sdk.helpers._batch import BaseBatchFileEncoding

    from target_gleantap.target import TargetGleantap

KEY_RULE = "key_properties"
LOOK_UP_LINES = 1000
"""How many lines of a BATCH file are read at once, whatever becomes of them: signals, answers and
what goes again wait no longer than these take."""
GLANCE_SECONDS = 0.0001
"""How long the look up from them takes where there is nothing to see to."""
_NO_BATCHES = Timer(Metric.BATCH_PROCESSING_TIME)


class StreamSink(Sink):
    """What one stream's records meet first: its mappings, and the tap's own schema.

    singer-sdk's own validation is not used: it ends the run at the first record that does not
    fit, and turns date-time text into something that JSON does not have.
    """

    def __init__(
        self,
        target: TargetGleantap,
        stream_name: str,
        schema: dict[str, Any],
        key_properties: Sequence[str] | None,
    ) -> None:
        # singer-sdk copies the schema that it is given, and keeps both; it would use neither.
        super().__init__(target, stream_name, {"properties": {}}, key_properties)
        self.original_schema = schema
        self._target = target
        self._routes: tuple[Route, ...] = ()
        self._checkers = target.checkers
        self._validates = target.settings.validate_records

    @property
    def original_schema(self) -> dict[str, Any]:
        """The stream's schema, by which singer-sdk sees whether it has changed."""
        schema: dict[str, Any] = decode_json(self._schema)
        return schema

    @original_schema.setter
    def original_schema(self, schema: dict[str, Any]) -> None:
        self._schema = schema_text(schema)

    def get_batch_processing_timer(self) -> Timer:
        """Give the one that all streams share: there are no batches in a sink to be timed."""
        return _NO_BATCHES

    def get_validator(self) -> None:
        """Leave validation to `take`."""

    def setup(self) -> None:
        """Find the stream's mappings, and hold them against its schema before any record.

        Raises:
            ConfigError: With all that does not fit.
            InputError: Where the schema itself is invalid.
        """
        try:
            self._checkers.of(self._schema)
        except DeadReferenceError as fault:
            raise InputError(
                f"The SCHEMA of stream {self.stream_name!r} refers to {fault.message[:80]!r}, "
                "which is not in it; nothing is fetched from elsewhere. The tap must be mended."
            ) from None
        except jsonschema.SchemaError as fault:
            where = ".".join(str(part) for part in fault.absolute_path)
            raise InputError(
                f"The SCHEMA of stream {self.stream_name!r} is no valid JSON Schema, at "
                f"{where or 'its root'}. The tap must be mended."
            ) from None
        self._routes = self._target.routes.for_stream(
            self.stream_name, self.original_schema, self.key_properties
        )
        self._target.run.pipeline.open(self._routes)

    def take(
        self, record: Record, origin: Origin, faults: tuple[Fault, ...] = ()
    ) -> tuple[Fault, ...]:
        """Hand a record to the pipeline, with what the tap's own schema finds wrong with it.

        Args:
            record: As it was parsed, and as stream maps left it.
            origin: As it was read.
            faults: What was found wrong with it before.

        Returns:
            All that is wrong with it so far.
        """
        self.record_counter_metric.increment()
        if not self._routes:
            self._target.run.ignored[self.stream_name] += 1
            return ()
        # A replayed reject goes only through the mapping that rejected it; where stream maps make
        # several streams of one, that may be another stream's.
        routes = self._routes
        if origin.only:
            routes = tuple(route for route in routes if route.name == origin.only)
        faults = faults or self._faults(record)
        self._target.run.pipeline.take(routes, record, origin, faults)
        return faults

    def _faults(self, record: Record) -> tuple[Fault, ...]:
        found = self._checkers.of(self._schema).faults(record) if self._validates else ()
        missing = [name for name in self.key_properties if name not in record]
        if not missing:
            return found
        said = "is a key property, and the record does not have it"
        others = (fault for fault in found if fault.path not in missing)
        return (*(Fault(name, said, rule=KEY_RULE) for name in missing), *others)

    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:
        """Do nothing: the target gives each record to `take`, with where it came from."""

    def process_batch(self, context: dict[str, Any]) -> None:
        """Do nothing: nothing is ever pending in a sink, the pipeline has it all."""

    def process_batch_files(self, encoding: BaseBatchFileEncoding, files: Sequence[str]) -> None:
        """Deliver the records of a BATCH message like those of RECORD messages.

        Args:
            encoding: `jsonl`, plain or gzip.
            files: Their URLs.

        Raises:
            InputError: For an encoding that is not read here.
            LocalError: When a file cannot be read.
        """
        if encoding.format != BatchFileFormat.JSONL:
            raise InputError(
                f"A BATCH of stream {self.stream_name!r} is not JSONL, which is all that this "
                "target reads. Set the tap's batch_config to the format jsonl."
            )
        for url in files:
            for number, line in enumerate(self._lines(url, encoding.compression), 1):
                self._target.take_batch_line(line, number)
                if not number % LOOK_UP_LINES:
                    self._target.run.idle(GLANCE_SECONDS)

    def _lines(self, url: str, compression: str | None) -> Iterator[bytes]:
        config = self.batch_config
        try:
            head, tail = StorageTarget.split_url(url)
            storage = config.storage if config else StorageTarget.from_url(head)
            with storage.open(tail, mode="rb") as file, _opened(file, compression) as source:
                yield from (line for line in source if not line.isspace())
        except Exception as fault:  # noqa: BLE001 - each kind of storage raises its own
            # An ImportError is fsspec's, and says which package reads files of that kind.
            words = str(fault) if isinstance(fault, ImportError) else _words(fault)
            raise LocalError(
                f"A file of the BATCH in input line {self._target.message_reader.number}, of "
                f"stream {self.stream_name!r}, cannot be read: {words}. The state stays at the "
                "last settled point."
            ) from None

    def activate_version(self, new_version: int) -> None:
        """Remove what the full table of this version no longer holds, where a mapping says so."""
        self.logger.info("Version %d of stream %s is active", new_version, self.stream_name)
        self._target.run.pipeline.activate(self._routes, new_version)


def _words(fault: Exception) -> str:
    return getattr(fault, "strerror", None) or type(fault).__name__


def _opened(file: Any, compression: str | None) -> AbstractContextManager[IO[bytes]]:
    return gzip_open(file) if compression == "gzip" else nullcontext(file)  # type: ignore[return-value] # GzipFile is no IO to typeshed
