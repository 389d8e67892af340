"""Stream to routes: every mapping compiled, and all that is wrong told, before record one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from target_gleantap.config.config import Config
from target_gleantap.contract import Resource
from target_gleantap.errors import ConfigError, did_you_mean
from target_gleantap.mapping import Mapping as CompiledMapping
from target_gleantap.mapping import Wire, compile_mapping, default_mapping
from target_gleantap.model import Fault, MappingEntry
from target_gleantap.validation.checker import Checker


@dataclass(frozen=True, slots=True)
class Route:
    """One way of a stream's records: a mapping and the contract that its bodies are held to.

    Attributes:
        stream: The stream's own name, also where a glob matched it.
        name: What the books and the rejects call the mapping.
        mapping: Makes the body.
        checker: Holds the body to the documented contract.
        resource: What it is sent to.
        key_properties: The stream's key, as its SCHEMA message names it.
        removes: Whether a record that the source deleted is removed.
        mirror: Whether what a full table no longer holds is removed.
    """

    stream: str
    name: str
    mapping: CompiledMapping
    checker: Checker
    resource: Resource
    key_properties: tuple[str, ...] = ()
    removes: bool = False
    mirror: bool = False


class Routes:
    """All the mappings of a config.

    Attributes:
        faults: All that is wrong with them, whatever the streams; the run must not start with any.
    """

    def __init__(self, config: Config) -> None:
        self._resources = config.destination.resources
        self._has_ledger = config.ledger_url is not None
        self._ignore_unmapped = config.unmapped_streams == "ignore"
        self._wire = Wire(config.timezone, config.default_region, config.null_policy, config.vendor)
        self._entries = named(config.mappings)
        self._checkers: dict[str, Checker] = {}
        self._compiled: dict[str, CompiledMapping] = {}
        self.faults = (*_repeated_names(self._entries), *self._compile_all())

    def _compile_all(self) -> Iterator[Fault]:
        for entry in self._entries:
            resource = self._resources.get(entry.resource)
            if resource is None:
                hint = did_you_mean(entry.resource, self._resources)
                hint = hint or f"there are {', '.join(self._resources)}"
                message = f"there is no resource {entry.resource}"
                yield Fault(f"{entry.path}.resource", message, hint, rule="unknown")
                continue
            yield from self._removal_faults(entry, resource)
            mapping, faults = compile_mapping(entry, resource, self._wire)
            yield from faults
            if mapping is not None:
                self._compiled[entry.name] = mapping

    def _removal_faults(self, entry: MappingEntry, resource: Resource) -> Iterator[Fault]:
        path = f"{entry.path}.{'on_delete' if entry.on_delete else 'mirror'}"
        if entry.mirror and not entry.on_delete:
            hint = "write on_delete: remove beside it"
            yield Fault(path, "removes nothing by itself", hint, rule="removal")
        if not entry.on_delete:
            return
        if resource.removal is None:
            yield Fault(path, f"a {resource.name} cannot be removed", rule="removal")
        if not self._has_ledger:
            hint = "set ledger_url: only the ledger knows what was delivered, and how much of it"
            yield Fault(path, "needs the ledger", hint, rule="removal")

    def for_stream(
        self, stream: str, schema: Mapping[str, Any], key_properties: Sequence[str] = ()
    ) -> tuple[Route, ...]:
        """The routes of a stream, in the order of the config.

        Args:
            stream: The stream's name.
            schema: The `schema` of its SCHEMA message.
            key_properties: The `key_properties` of it.

        Returns:
            Its routes; none for an unmapped stream that is to be ignored.

        Raises:
            ConfigError: With all that is wrong between the mappings and the SCHEMA, or for a
                stream that nothing maps.
        """
        entries = self.entries_for(stream)
        mappings = self._mapped(entries) if entries else self._by_default(stream, schema)
        if not mappings and not entries and not self._ignore_unmapped:
            raise ConfigError([self._unmapped(stream)])
        faults = [fault for mapping in mappings for fault in mapping.lint(schema, stream)]
        _refuse(faults, stream)
        return tuple(self._route(stream, mapping, key_properties) for mapping in mappings)

    def _mapped(self, entries: list[MappingEntry]) -> list[CompiledMapping]:
        return [self._compiled[entry.name] for entry in entries if entry.name in self._compiled]

    def entries_for(self, stream: str) -> list[MappingEntry]:
        """The entries of a stream; where one names it exactly, globs are not used."""
        return [entry for entry in self._entries if entry.stream == stream] or [
            entry for entry in self._entries if fnmatchcase(stream, entry.stream)
        ]

    def by_entry(self) -> Iterator[tuple[MappingEntry, Route | None]]:
        """Each entry with its route apart from any stream's SCHEMA; None for a faulty one."""
        for entry in self._entries:
            mapping = self._compiled.get(entry.name)
            yield entry, None if mapping is None else self._route(entry.stream, mapping, ())

    def _route(self, stream: str, mapping: CompiledMapping, key_properties: Sequence[str]) -> Route:
        entry, resource = mapping.entry, mapping.resource
        return Route(
            stream,
            entry.name,
            mapping,
            self._checker(resource),
            resource,
            tuple(key_properties),
            removes=entry.on_delete is not None,
            mirror=entry.mirror,
        )

    def _by_default(self, stream: str, schema: Mapping[str, Any]) -> list[CompiledMapping]:
        """The mapping of a stream that is named like a resource's own."""
        mappings = []
        for resource in self._resources.values():
            if stream in resource.streams and not resource.explicit_only:
                entry = default_mapping(stream, resource, schema, len(self._entries))
                mapping, faults = compile_mapping(entry, resource, self._wire)
                _refuse(_of_default(faults, entry), stream)
                mappings += [mapping] if mapping is not None else []
        return mappings

    def _checker(self, resource: Resource) -> Checker:
        if resource.name not in self._checkers:
            self._checkers[resource.name] = Checker(resource.schema, formats=True)
        return self._checkers[resource.name]

    def _unmapped(self, stream: str) -> Fault:
        names = sorted({entry.stream for entry in self._entries})
        known = [*names, *(name for one in self._resources.values() for name in one.streams)]
        mapped = f"mapped are {', '.join(names)}" if names else "there is no mapping at all"
        hints = [
            did_you_mean(stream, known),
            mapped,
            "map it, deselect it in the tap, or set unmapped_streams: ignore",
        ]
        message = f"stream {stream!r} has no mapping"
        return Fault("mappings", message, "; ".join(hint for hint in hints if hint), "unmapped")


def named(entries: tuple[MappingEntry, ...]) -> tuple[MappingEntry, ...]:
    """Give every entry without a name one: `stream:resource`, with `#2` for the second of them."""
    taken = {entry.name for entry in entries if entry.name}
    result = []
    for entry in entries:
        name = entry.name or _free(f"{entry.stream}:{entry.resource}", taken)
        taken.add(name)
        result.append(replace(entry, name=name))
    return tuple(result)


def _free(name: str, taken: set[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}#{number}"
    return free


def _repeated_names(entries: tuple[MappingEntry, ...]) -> Iterator[Fault]:
    counts = Counter(entry.name for entry in entries)
    for entry in entries:
        if counts[entry.name] > 1:
            hint = "the books and the rejects tell mappings apart by their names"
            message = f"{counts[entry.name]} mappings are named {entry.name}"
            yield Fault(f"{entry.path}.name", message, hint, rule="name")


def _of_default(faults: tuple[Fault, ...], entry: MappingEntry) -> list[Fault]:
    """Say the faults of a mapping that nobody wrote: its fields are the stream's own."""
    prefix = f"{entry.path}.fields"
    hint = "the stream has no mapping, so its fields are taken by their names: write a mapping"
    return [
        replace(fault, path=fault.path.removeprefix(prefix).lstrip("."), hint=hint)
        for fault in faults
    ]


def _refuse(faults: list[Fault], stream: str) -> None:
    if faults:
        raise ConfigError(faults, about=f"The mapping of stream {stream!r}")
