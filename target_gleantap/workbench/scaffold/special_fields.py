"""Proposals that names alone do not give: ids, names in one field, what kind of event. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from target_gleantap.workbench.scaffold.body_fields import BodyField
from target_gleantap.workbench.scaffold.match_fields import Match
from target_gleantap.workbench.scaffold.match_types import path_expression
from target_gleantap.workbench.scaffold.profile import SourceField, StreamProfile
from target_gleantap.workbench.scaffold.synonyms import (
    EVENT_IDS,
    EVENT_NAMES,
    FULL_NAMES,
    NEUTRAL,
    OWN_IDS,
    PEOPLE,
    folded,
    singular,
    tokens,
)

_FIRST = ("first name",)
_LAST = ("last name",)


def _is_one_of(body: BodyField, names: tuple[str, ...]) -> bool:
    return bool({folded(one) for one in names} & set(body.names))


def special(
    stream: StreamProfile, body: BodyField, kind: str, *, derived: str | None
) -> Match | None:
    """What a body field is made of that is more than a field of the same name.

    Args:
        stream: The source.
        body: The body field.
        kind: What kind of thing the resource is: `person`, `event`, `company`.
        derived: The field that is made where the mapping gives none.
    """
    if is_own_id(body):
        return None if "pattern" in body.schema else _persons_id(stream, kind)
    if kind == "event" and _is_one_of(body, EVENT_NAMES):
        return _fixed_name(stream) if body.required else None
    if kind == "event" and _is_one_of(body, EVENT_IDS) and (body.required or body.name == derived):
        return _events_id(stream)
    if _is_one_of(body, _FIRST + _LAST):
        return _part_of_name(stream, last=_is_one_of(body, _LAST))
    return None


def is_own_id(body: BodyField) -> bool:
    """Whether it is the source's own id of a person."""
    return _is_one_of(body, OWN_IDS)


def is_id(body: BodyField) -> bool:
    """Whether it is called just an id: no source field is one for being named alike."""
    return folded(body.name) == "id"


def _key(stream: StreamProfile) -> SourceField | None:
    """The stream's key, where it is one plain field."""
    keys = stream.key_properties or (("id",) if ("id",) in stream.fields else ())
    source = stream.fields.get((keys[0],)) if len(keys) == 1 else None
    return source if source is not None and source.of_kind("text", "number") else None


def _persons_id(stream: StreamProfile, kind: str) -> Match | None:
    if kind != "event":
        source = _key(stream)
        if source is None:
            return None
        return Match(path_expression(source), 0.93, "the stream's key", source)
    return max(_foreign_ids(stream), key=lambda one: one.score, default=None)


def _foreign_ids(stream: StreamProfile) -> Iterator[Match]:
    """Fields that name somebody else's record: `member_id`, `customer.id`, `customer`."""
    own = {singular(word) for word in tokens(stream.name)}
    for source in stream.fields.values():
        words = [word for name in source.path for word in tokens(name)]
        who = [place for place, word in enumerate(words) if singular(word) in PEOPLE]
        if not who or not source.of_kind("text", "number"):
            continue
        rest = words[who[-1] + 1 :]
        strange = set(words[: who[-1]]) - own - NEUTRAL
        if rest in ([], ["id"], ["no"], ["number"], ["key"], ["uuid"]) and not strange:
            score = (0.88 if rest == ["id"] else 0.7) - 0.04 * (len(source.path) - 1)
            yield Match(path_expression(source), score, "names whose it is", source)


def _events_id(stream: StreamProfile) -> Match | None:
    source = _key(stream)
    if source is None:
        parts = [stream.fields[(key,)] for key in stream.key_properties if (key,) in stream.fields]
        keys = ", ".join(path_expression(part) for part in parts)
        return Match(f"hash({keys})", 0.7, "made of the stream's key properties") if keys else None
    name = "_".join(singular(word) for word in tokens(stream.name)) or "event"
    why = "the stream's key, with its name before it: ids of other streams may be the same"
    return Match(f"join('-', ['{name}', to_string({path_expression(source)})])", 0.93, why, source)


def _fixed_name(stream: StreamProfile) -> Match:
    words = tokens(stream.name)
    name = "_".join((*words[:-1], singular(words[-1]))) if words else "event"
    return Match(f"'{name}'", 0.75, "a fixed text made of the stream's name: choose your own words")


def _part_of_name(stream: StreamProfile, *, last: bool) -> Match | None:
    """A part of a field that holds a whole name."""
    wanted = [folded(one) for one in FULL_NAMES]
    for path, source in stream.fields.items():
        if len(path) == 1 and folded(path[0]) in wanted and source.of_kind("text"):
            name = path_expression(source)
            expression = f"split({name}, ' ')[0]"
            if last:
                expression = f"join(' ', split({name}, ' ')[1:])"
            return Match(
                expression, 0.45, "the name is in one field: cut at its first space", source
            )
    return None
