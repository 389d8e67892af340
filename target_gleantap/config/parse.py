"""A raw config to one frozen object, with every fault of it at once. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from difflib import get_close_matches
from functools import partial
from os.path import normpath
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from target_gleantap import destinations
from target_gleantap.config import rules
from target_gleantap.config.config import Config
from target_gleantap.config.declared import ENV_PREFIX, SETTINGS
from target_gleantap.config.kinds import Checked, convert, is_absent
from target_gleantap.config.mapping_entries import WRITE_A_LIST, read_entries
from target_gleantap.config.names import shown, unknown
from target_gleantap.config.schema import singer_schema
from target_gleantap.config.settings import GENERAL
from target_gleantap.config.singer_settings import SINGER
from target_gleantap.contract import Destination, Setting
from target_gleantap.model import Fault

_BY_NAME = {setting.name: setting for setting in SETTINGS}
_READ_BY_SINGER = (*(setting.name for setting in SINGER), "batch_size_rows")
CLOSE = 0.95
"""A letter or two: the prefix, which all share, counts in."""
_OF_CONFIG = frozenset(field.name for field in fields(Config)) - {"destination", "mappings"}


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The settings that an environment holds, as text under their own names; no empty ones.

    They are brought to their kinds by `read`, which reports what does not fit; singer-sdk's own
    reading ends the run at the first of them, with the value in the message.
    """
    variables = {setting.name: ENV_PREFIX + setting.name.upper() for setting in SETTINGS}
    return {name: environ[of] for name, of in variables.items() if environ.get(of)}


def misspelt(environ: Mapping[str, str]) -> dict[str, str]:
    """Variables that are hardly anything but a setting's with a slip in it, and which.

    Not a fault: Meltano and others set variables of this prefix that are no settings.
    """
    variables = {ENV_PREFIX + setting.name.upper() for setting in SETTINGS}
    near = {
        name: get_close_matches(name.upper(), variables, n=1, cutoff=CLOSE)
        for name in environ
        if name.upper().startswith(ENV_PREFIX) and name not in variables
    }
    return {name: close[0] for name, close in near.items() if close}


def singer_config(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a config that singer-sdk itself reads, in its kinds; no credential among it."""
    read = {name: _value(_BY_NAME[name], raw, {})[0] for name in _READ_BY_SINGER}
    return {name: value for name, value in read.items() if value is not None}


def read(raw: Mapping[str, Any]) -> tuple[Config | None, tuple[Fault, ...]]:
    """Check a raw config as a whole.

    Args:
        raw: Settings as files, Meltano or `environment` gave them.

    Returns:
        The config, with defaults in the place of what is faulty, or None where no destination
        can be told; and all faults. A config with faults must not be run with.
    """
    destination, faults = _destination(raw)
    if destination is not None and _value(_BY_NAME["dry_run"], raw, {})[0]:
        raw = {**raw, **_stand_ins(destination, raw)}
    values: dict[str, Any] = {}
    found = [*unknown(raw, _BY_NAME, "setting", ""), *faults]
    for setting in _that_apply(destination):
        values[setting.name], faults = _value(setting, raw, _rules(destination))
        found += faults
    found += _flattening_faults(values)
    found += _path_faults(values)
    found += rules.ledger_faults(values, found)
    if destination is None:
        return None, tuple(found)
    vendor = {setting.name: values[setting.name] for setting in destination.settings}
    own = {name: value for name, value in values.items() if name in _OF_CONFIG}
    return Config(destination, vendor=vendor, mappings=tuple(values["mappings"]), **own), tuple(
        found
    )


def _destination(raw: Mapping[str, Any]) -> tuple[Destination | None, tuple[Fault, ...]]:
    name, faults = _value(_BY_NAME["destination"], raw, {})
    return (None, faults) if faults else (destinations.load(name), ())


def _stand_ins(destination: Destination, raw: Mapping[str, Any]) -> dict[str, str]:
    """What stands in a dry run's bodies for the credentials that it does not need."""
    required = {setting.name for setting in destination.settings if setting.required}
    wanted = required.intersection(destination.credentials)
    return {name: f"<{name}>" for name in wanted if is_absent(raw.get(name))}


def _that_apply(destination: Destination | None) -> Iterator[Setting]:
    """The settings that a run reads, with the defaults that its destination has."""
    base_url, *rest = GENERAL[1:]
    yield replace(base_url, default=destination.base_url) if destination else base_url
    yield from destination.settings if destination else ()
    yield from rest
    yield from SINGER


_Rule = Callable[[Any], Checked]


def _rules(destination: Destination | None) -> Mapping[str, _Rule]:
    """What single settings ask for beyond their kind, by name."""
    own = rules.format_names(destination) if destination else ()
    secrets = [each.name for each in destination.settings if each.secret] if destination else ()
    return {
        "base_url": partial(rules.base_url, destination=destination),
        "timezone": rules.timezone,
        "default_region": rules.default_region,
        "quotas": rules.quotas,
        "quota_url": rules.quota_url,
        "ledger_url": rules.ledger_url,
        "ledger_secret": rules.ledger_secret,
        "mappings": read_entries,
        **{setting.name: partial(_singer_shape, setting.name) for setting in SINGER},
        **{name: partial(rules.strftime, name) for name in own},
        **{name: partial(rules.credential, name) for name in secrets},
    }


def _value(setting: Setting, raw: Mapping[str, Any], by_name: Mapping[str, _Rule]) -> Checked:
    """A setting's final value, or what its default comes to, and its faults."""
    rule: _Rule = by_name.get(setting.name, _as_it_is)
    given = raw.get(setting.name)
    if is_absent(given):
        return _default(setting, rule), tuple(_missing(setting))
    value, faults = convert(setting, given)
    if setting.name == "mappings" and isinstance(given, Mapping):
        faults = (WRITE_A_LIST,)
    if not faults:
        value, faults = rule(value)
    # A list keeps what is right in it, so that it can be checked further.
    kept = value if setting.kind == "array" and value is not None else _default(setting, rule)
    return (kept if faults else value), faults


def _flattening_faults(values: Mapping[str, Any]) -> tuple[Fault, ...]:
    if not values["flattening_enabled"] or values["flattening_max_depth"] is not None:
        return ()
    message = "is required where flattening_enabled is true"
    return (Fault("flattening_max_depth", message, "how many levels to flatten", "required"),)


def _path_faults(values: Mapping[str, Any]) -> Iterator[Fault]:
    """Two files of a run with one path: the last one would be written over the others."""
    taken: dict[str, str] = {}
    for name in ("rejects_path", "summary_path", "report_path"):
        path = normpath(Path(values[name]).absolute()) if values[name] else ""
        if path in taken:
            hint = "it would be written over what is there, which may be the only copy"
            yield Fault(name, f"is the file that {taken[path]} names", hint, "same_file")
        elif path:
            taken[path] = name


def _default(setting: Setting, rule: _Rule) -> Any:
    if setting.kind == "array":
        return ()
    return None if setting.default is None else rule(setting.default)[0]


def _missing(setting: Setting) -> Iterator[Fault]:
    if setting.required:
        hint = f"set it in the config, or as {ENV_PREFIX}{setting.name.upper()} with --config ENV"
        yield Fault(setting.name, "is required, and is not set", hint, rule="required")


def _as_it_is(value: Any) -> Checked:
    return value, ()


def _singer_shape(name: str, value: Any) -> Checked:
    """Hold a value against the shape that singer-sdk documents, without its echoing messages."""
    faults = (
        Fault(
            ".".join((name, *(shown(part) for part in error.absolute_path))),
            "is not of the shape that singer-sdk reads",
            "see https://sdk.meltano.com",
            rule="type",
        )
        for error in Draft202012Validator(singer_schema(name)).iter_errors(value)
    )
    return value, tuple(faults)
