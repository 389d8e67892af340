"""Everything that can be wrong before a run, found at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

from target_gleantap import config as settings
from target_gleantap.config.config import Config
from target_gleantap.delivery.probe import ask
from target_gleantap.delivery.transport.client import Client
from target_gleantap.errors import ConfigError, TargetError, VendorError, did_you_mean
from target_gleantap.exact_json.codec import encode
from target_gleantap.model import Fault
from target_gleantap.pipeline.run import headers
from target_gleantap.workbench.check.catalogs import read_catalog
from target_gleantap.workbench.check.mapping_tests import run_tests
from target_gleantap.workbench.dry_target import STDIN, LintTarget


@dataclass
class Report:
    """What was found.

    Attributes:
        faults: What must be mended.
        notes: What is no fault, and good to know.
        mappings: How many entries there are.
        streams: Records seen of each stream that has a SCHEMA.
        tests_passed: How many of the mappings' own tests passed.
        online: What the vendor's API said; empty where it was not asked.
        out_of_reach: Whether the vendor is what is in the way.
    """

    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    mappings: int = 0
    streams: Mapping[str, int] = field(default_factory=dict)
    tests_passed: int = 0
    online: str = ""
    out_of_reach: bool = False

    @property
    def exit_code(self) -> int:
        """0 without faults, 2 with any; 3 where only the vendor's API is in the way."""
        if self.faults:
            return ConfigError.exit_code
        return VendorError.exit_code if self.out_of_reach else 0


def check(
    raw: Mapping[str, Any],
    *,
    inputs: Sequence[str] = (),
    catalog: str | None = None,
    online: bool = False,
    show_values: bool = False,
) -> Report:
    """Hold a config against all that it will meet.

    Args:
        raw: The settings, as files gave them.
        inputs: Files of Singer messages, `-` for stdin; their SCHEMA messages count.
        catalog: A Singer catalog whose streams count, too.
        online: Whether credentials are wanted, and the vendor's API is asked one question that
            changes nothing.
        show_values: Whether faults of tests may say what was expected, and what came.
    """
    report = Report()
    if online:
        report.faults += settings.read(raw)[1]
    try:
        target = LintTarget(raw)
    except ConfigError as refused:  # no destination: nothing else can be said
        report.faults += refused.faults
        report.faults = list(dict.fromkeys(report.faults))
        return report
    report.faults += target.config_faults
    report.faults += _read_all(target, inputs, catalog)
    report.faults += target.found
    tests = run_tests(target.settings, target.routes, show_values=show_values)
    report.faults = list(dict.fromkeys((*report.faults, *tests.faults)))
    report.tests_passed = tests.passed
    report.mappings = len(target.settings.mappings)
    report.streams = dict(target.streams)
    report.notes += _notes(target, seen=bool(inputs or catalog))
    if online and not report.faults:
        _ask(replace(target.settings, **_credentials(raw)), target, report)
    return report


def _read_all(target: LintTarget, inputs: Sequence[str], catalog: str | None) -> Iterator[Fault]:
    for path in inputs:
        yield from _read(target, path)
    if catalog is not None:
        yield from _read_catalog(target, catalog)


def _read(target: LintTarget, path: str) -> Iterator[Fault]:
    try:
        target.read(path)
    except TargetError as wrong:
        yield Fault("" if path == STDIN else path, str(wrong), rule="input")


def _read_catalog(target: LintTarget, path: str) -> Iterator[Fault]:
    try:
        messages = read_catalog(path)
    except TargetError as wrong:
        yield Fault("", str(wrong), rule="catalog")
        return
    for message in messages:
        target.take_schema(message)


def _notes(target: LintTarget, *, seen: bool) -> Iterator[str]:
    if not seen:
        yield "Without --input or --catalog, source fields are not held against any SCHEMA."
        return
    for entry, _ in target.routes.by_entry():
        if not any(fnmatchcase(stream, entry.stream) for stream in target.streams):
            hint = did_you_mean(entry.stream, target.streams)
            yield f"{entry.path}: no stream seen is named {entry.stream}. {hint}".rstrip()


def _credentials(raw: Mapping[str, Any]) -> dict[str, Any]:
    """What the dry target did without."""
    config, _ = settings.read(raw)
    return {} if config is None else {"vendor": config.vendor}


def _ask(config: Config, target: LintTarget, report: Report) -> None:
    destination = config.destination
    if destination.probe is None:
        report.notes.append(
            f"{destination.title} documents no request that changes nothing and shows whether the "
            "credentials are taken: --online asked nothing."
        )
        return
    probe = destination.probe(config.vendor)
    payload = b"" if probe.step.body is None else encode(probe.step.body)
    said = headers(config, target.plugin_version)
    client = Client(config.base_url, said, config.request_timeout_seconds)
    try:
        reached = ask(destination, client, probe, payload)
    except VendorError as fault:
        report.online, report.out_of_reach = str(fault), True
    else:
        took = f" ({reached.seconds:.2f} s)"
        but = f"; {reached.open}" if reached.open else ""
        report.online = f"{destination.title} answers, and takes the credentials{took}{but}."
