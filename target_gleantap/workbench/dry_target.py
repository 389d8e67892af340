"""The target itself, run without a network: so what is seen here is what a run does."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import click

from target_gleantap.config.config import Config
from target_gleantap.errors import ConfigError, InputError, LocalError
from target_gleantap.model import Fault
from target_gleantap.pipeline.dry_run import DryRun
from target_gleantap.pipeline.run import Run
from target_gleantap.target import TargetGleantap
from target_gleantap.transform.routes import Route, Routes

STDIN = "-"


@contextmanager
def quiet() -> Iterator[None]:
    """Keep singer-sdk's chatter out of what a command prints; warnings still come."""
    before = logging.root.manager.disable
    logging.disable(logging.INFO)
    try:
        yield
    finally:
        logging.disable(before)


@contextmanager
def opened(path: str) -> Iterator[IO[Any]]:
    """Open an input, `-` for stdin.

    Raises:
        LocalError: Where it cannot be read.
    """
    try:
        with click.open_file(path, "rb") if path == STDIN else Path(path).open("rb") as file:
            yield file
    except OSError as error:
        raise LocalError(f"{path} cannot be read: {error.strerror}") from None


class QuietRun(DryRun):
    """Leaves it to its owner to tell what came of it."""

    def conclude(self, _reason: BaseException | None) -> None:
        """Say nothing."""
        self.close()


class DryTarget(TargetGleantap):
    """Sends nothing, writes nothing, and leaves it to its owner to tell what came of it.

    Args:
        raw: The settings, as files gave them.
        validate: Whether to refuse a faulty config.
    """

    def __init__(self, raw: Mapping[str, Any], *, validate: bool = True) -> None:
        super().__init__(config={**raw, "dry_run": True}, validate_config=validate)

    def _new_run(self) -> Run:
        return QuietRun(self.settings, self.plugin_version)

    def read(self, path: str) -> None:
        """Read an input to its end, or as far as it goes.

        Raises:
            TargetError: For what would stop a run, too.
        """
        with opened(path) as file:
            self.process_lines(file)


class _CollectingRoutes(Routes):
    """Keeps the faults between mappings and SCHEMAs, where a run would stop at the first stream."""

    def __init__(self, config: Config, found: list[Fault]) -> None:
        super().__init__(config)
        self._found = found

    def for_stream(
        self, stream: str, schema: Mapping[str, Any], key_properties: Sequence[str] = ()
    ) -> tuple[Route, ...]:
        """The routes of a stream, as far as they are free of faults."""
        try:
            return super().for_stream(stream, schema, key_properties)
        except ConfigError as refused:
            self._found += refused.faults
            return ()


class LintTarget(DryTarget):
    """Reads SCHEMA messages, and of the records only how many there are.

    Attributes:
        found: What is wrong between the mappings and the SCHEMAs.
        streams: How many records of each stream came, stream maps applied.
    """

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.found: list[Fault] = []
        self.streams: Counter[str] = Counter()
        super().__init__(raw, validate=False)
        self.routes = _CollectingRoutes(self.settings, self.found)

    def take_schema(self, message: dict[str, Any]) -> None:
        """Take a SCHEMA that comes from elsewhere than the input, such as a catalog."""
        self._process_schema_message(message)

    def _process_schema_message(self, message_dict: dict[str, Any]) -> None:
        try:
            super()._process_schema_message(message_dict)
        except InputError as wrong:
            self.found.append(Fault("", str(wrong), rule="schema"))
            return
        for stream_map in self.mapper.stream_maps[message_dict["stream"]]:
            self.streams[stream_map.stream_alias] += 0

    def _process_record_message(self, message_dict: dict[str, Any]) -> None:
        self.streams[self._intake.member(message_dict, "stream", str)] += 1

    def _process_batch_message(self, message_dict: dict[str, Any]) -> None:
        """Leave its files alone: they hold no SCHEMA."""

    def _process_state_message(self, message_dict: dict[str, Any]) -> None:
        """Leave it: nothing is settled here."""
