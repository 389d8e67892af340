"""Objects and lists whose members the contract documents one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from target_gleantap.exact_json.values import NotCoercible, json_value

Coerce: TypeAlias = Callable[[Any], Any]
Place: TypeAlias = "str | int"


class MembersNotCoercible(NotCoercible):
    """Members of an object or a list do not fit.

    Attributes:
        members: Each one's key or index, and what is wrong with it.
    """

    def __init__(self, members: Sequence[tuple[Place, NotCoercible]]) -> None:
        super().__init__("holds what does not fit")
        self.members = tuple(members)


def each(error: NotCoercible) -> Iterator[tuple[tuple[Place, ...], NotCoercible]]:
    """All that an error tells of, each with the way to it."""
    if not isinstance(error, MembersNotCoercible):
        yield (), error
        return
    for place, member in error.members:
        for below, inner in each(member):
            yield (place, *below), inner


def spellings(schema: Mapping[str, Any]) -> dict[str, str]:
    """Every spelling of an object's documented fields, aliases included, to the field's name."""
    names: dict[str, str] = {}
    for name, member in schema.get("properties", {}).items():
        names[name] = name
        names.update(dict.fromkeys(member.get("x-aliases", ()), name))
    return names


def object_coercer(
    names: Mapping[str, str], members: Mapping[str, Coerce], other: Coerce, *, drop_nulls: bool
) -> Coerce:
    """A coercer of objects.

    Args:
        names: Spellings of its documented fields, to their names.
        members: Their coercers, by name; what is not documented stays as it is.
        other: The coercer of what is no object.
        drop_nulls: Whether members that are null are left out.
    """
    by_key = {key: members[name] for key, name in names.items()}

    def to_object(value: Any) -> Any:
        if not isinstance(value, dict):
            return other(value)
        parts = ((key, by_key.get(key) or _unlisted(key), part) for key, part in value.items())
        built: dict[str, Any] = {}
        for key, part in _coerced(parts, drop_nulls=drop_nulls):
            name = names.get(key, key)
            if name in built:
                twice = NotCoercible(f"is given twice, once as {name}", rule="alias")
                raise MembersNotCoercible([(key, twice)])
            built[name] = part
        return built if built or not value else None

    return to_object


def list_coercer(item: Coerce, other: Coerce, *, drop_nulls: bool) -> Coerce:
    """A coercer of lists.

    Args:
        item: The coercer of its items.
        other: The coercer of what is no list.
        drop_nulls: Whether items that are null are left out.
    """

    def to_list(value: Any) -> Any:
        if not isinstance(value, list):
            return other(value)
        parts = ((place, item, part) for place, part in enumerate(value))
        built = [part for _, part in _coerced(parts, drop_nulls=drop_nulls)]
        return built if built or not value else None

    return to_list


def _coerced(
    parts: Iterable[tuple[Any, Coerce, Any]], *, drop_nulls: bool
) -> list[tuple[Any, Any]]:
    """Each part's place and what became of it.

    Raises:
        MembersNotCoercible: With all that do not fit.
    """
    built: list[tuple[Any, Any]] = []
    wrong: list[tuple[Place, NotCoercible]] = []
    for place, coerce, part in parts:
        try:
            value = None if part is None else coerce(part)
        except NotCoercible as error:  # noqa: PERF203 - every one of them is told
            wrong.append((place, error))
        else:
            if value is not None or not drop_nulls:
                built.append((place, value))
    if wrong:
        raise MembersNotCoercible(wrong)
    return built


def _unlisted(key: Any) -> Coerce:
    """The coercer of a member that the contract does not list: it stays as it is."""
    return lambda value: json_value({key: value})[key]
