"""The `mappings` setting: a list of entries, held against their shape. Pure.

What an entry says (expressions, body fields, source fields) is checked where it is compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from target_gleantap.config.kinds import Checked, found, is_absent
from target_gleantap.config.names import unknown
from target_gleantap.model import Fault, MappingEntry

NULL_POLICIES = ("omit", "send")
KEYS = (
    "stream",
    "resource",
    "where",
    "fields",
    "custom_attributes",
    "null_policy",
    "name",
    "tests",
    "on_delete",
    "mirror",
)
ON_DELETE = ("remove",)
TEST_KEYS = ("name", "given", "expect", "error")

WRITE_A_LIST = Fault(
    "mappings",
    "expected a list of entries, found an object keyed by stream",
    "write `- stream: members` and so on; a list, since Meltano splits a key with a dot such as "
    "`public.members` into nested objects and leaves a list alone",
    rule="type",
)


def _text(path: str, value: Any) -> Iterator[Fault]:
    if not isinstance(value, str) or not value.strip():
        what = "an empty string" if isinstance(value, str) else found(value)
        yield Fault(path, f"expected a string, found {what}", rule="type")


def _condition(path: str, value: Any) -> Iterator[Fault]:
    if not isinstance(value, str) or not value.strip():
        hint = "a JMESPath condition in quotes, such as \"status != 'test'\""
        yield Fault(path, f"expected a string, found {found(value)}", hint, rule="type")


def _fields(path: str, value: Any) -> Iterator[Fault]:
    if not isinstance(value, Mapping):
        hint = "body fields and where each comes from, such as `email: contact.email`"
        yield Fault(path, f"expected an object, found {found(value)}", hint, rule="type")


def _custom_attributes(path: str, value: Any) -> Iterator[Fault]:
    if value == "*":
        return
    if not isinstance(value, list):
        hint = 'a list of source fields, or "*" for all that the mapping does not use'
        yield Fault(path, f"expected a list or *, found {found(value)}", hint, rule="type")
        return
    for index, each in enumerate(value):
        yield from _text(f"{path}[{index}]", each)


def _null_policy(path: str, value: Any) -> Iterator[Fault]:
    if value not in NULL_POLICIES:
        yield Fault(path, f"expected one of: {', '.join(NULL_POLICIES)}", rule="choice")


def _on_delete(path: str, value: Any) -> Iterator[Fault]:
    if value not in ON_DELETE:
        hint = "left out, a record with _sdc_deleted_at is delivered like any other"
        yield Fault(path, f"expected one of: {', '.join(ON_DELETE)}", hint, rule="choice")


def _mirror(path: str, value: Any) -> Iterator[Fault]:
    if not isinstance(value, bool):
        yield Fault(path, f"expected true or false, found {found(value)}", rule="type")


def _error(path: str, value: Any) -> Iterator[Fault]:
    several = value if isinstance(value, list) else [value]
    if not several or not all(isinstance(each, str) and each for each in several):
        hint = "the body field or the rule that must be reported, or a list of these"
        yield Fault(path, f"expected a string or strings, found {found(value)}", hint, rule="type")


def _test(path: str, value: Any) -> Iterator[Fault]:
    """One test: `given` a record, and either `expect` a body (null: filtered) or an `error`."""
    if not isinstance(value, Mapping):
        hint = "`given` a record, `expect` a body or `error` a field"
        yield Fault(path, f"expected an object, found {found(value)}", hint, rule="type")
        return
    yield from unknown(value, TEST_KEYS, "key of a test", path)
    if not isinstance(value.get("given"), Mapping):
        yield Fault(f"{path}.given", "expected a record, as an object", rule="required")
    if ("expect" in value) == ("error" in value):
        yield Fault(path, "expected either `expect` or `error`", rule="required")
    if not isinstance(value.get("expect"), (Mapping, type(None))):
        hint = "null where the record is filtered"
        yield Fault(f"{path}.expect", "expected a body, as an object", hint, rule="type")
    if "error" in value:
        yield from _error(f"{path}.error", value["error"])


def _tests(path: str, value: Any) -> Iterator[Fault]:
    if not isinstance(value, list):
        yield Fault(path, f"expected a list, found {found(value)}", rule="type")
        return
    for index, each in enumerate(value):
        yield from _test(f"{path}[{index}]", each)


_CHECKS: Mapping[str, Callable[[str, Any], Iterator[Fault]]] = {
    "stream": _text,
    "resource": _text,
    "where": _condition,
    "fields": _fields,
    "custom_attributes": _custom_attributes,
    "null_policy": _null_policy,
    "name": _text,
    "tests": _tests,
    "on_delete": _on_delete,
    "mirror": _mirror,
}


def _entry_faults(path: str, value: Any) -> Iterator[Fault]:
    if not isinstance(value, Mapping):
        hint = "an entry with stream, resource and fields"
        yield Fault(path, f"expected an object, found {found(value)}", hint, rule="type")
        return
    yield from unknown(value, KEYS, "key of a mapping", path)
    for key in ("stream", "resource"):
        if is_absent(value.get(key)):
            yield Fault(f"{path}.{key}", "is not set", rule="required")
    for key, check in _CHECKS.items():
        if not is_absent(value.get(key)):
            yield from check(f"{path}.{key}", value[key])


def _fit(key: str, value: Mapping[str, Any], default: Any) -> Any:
    """What an entry says for a key, or the default where it says nothing or nonsense."""
    said = value.get(key)
    return default if is_absent(said) or any(_CHECKS[key]("", said)) else said


def _entry(index: int, value: Mapping[str, Any]) -> MappingEntry:
    custom = _fit("custom_attributes", value, ())
    return MappingEntry(
        index=index,
        stream=_fit("stream", value, ""),
        resource=_fit("resource", value, ""),
        where=_fit("where", value, None),
        fields=_fit("fields", value, {}),
        custom_attributes=custom if custom == "*" else tuple(custom),
        null_policy=_fit("null_policy", value, None),
        name=_fit("name", value, ""),
        tests=tuple(_fit("tests", value, ())),
        on_delete=_fit("on_delete", value, None),
        mirror=_fit("mirror", value, default=False),
    )


def read_entries(value: Any) -> Checked:
    """Entries out of the setting's list, and every fault of their shape.

    An entry that names no stream or no resource is left out of what is given back; any other
    faulty key goes by its default, so that the rest of the entry can still be checked.
    """
    if isinstance(value, Mapping):
        return (), (WRITE_A_LIST,)
    written: Sequence[Any] = value or ()
    faults = [
        fault
        for index, each in enumerate(written)
        for fault in _entry_faults(f"mappings[{index}]", each)
    ]
    entries = [
        _entry(index, each) for index, each in enumerate(written) if isinstance(each, Mapping)
    ]
    usable = [entry for entry in entries if entry.stream and entry.resource]
    return usable, tuple(faults)
