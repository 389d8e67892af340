"""Which source field fits which body field, how well, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from target_gleantap.workbench.scaffold.body_fields import BodyField
from target_gleantap.workbench.scaffold.match_types import Fit, fit
from target_gleantap.workbench.scaffold.profile import SourceField, StreamProfile
from target_gleantap.workbench.scaffold.synonyms import (
    ADDRESS_PARTS,
    CONTAINERS,
    GENERAL,
    MOMENTS,
    NEUTRAL,
    OTHERS,
    PEOPLE,
    folded,
    singular,
    synonyms,
    tokens,
)

SURE, LIKELY, LEAST = 0.9, 0.65, 0.4


@dataclass(frozen=True)
class Match:
    """A body field and what is proposed for it.

    Attributes:
        expression: What to map.
        score: From 0 to 1.
        why: What speaks for it.
        source: The source field; None for a fixed text or what is made of several.
        in_list: Whether it goes into a list, as its only item.
    """

    expression: str
    score: float
    why: str
    source: SourceField | None = None
    in_list: bool = False

    @property
    def certainty(self) -> str:
        """In a word."""
        return "sure" if self.score >= SURE else "likely" if self.score >= LIKELY else "a guess"


@dataclass(frozen=True, slots=True)
class _Named:
    score: float
    why: str


def best_matches(
    stream: StreamProfile, fields: Iterable[BodyField]
) -> dict[tuple[str, ...], Match]:
    """The best source field for each body field; one source field serves several only for times.

    Args:
        stream: The source.
        fields: The body fields.
    """
    taken: set[tuple[str, ...]] = set()
    found: dict[tuple[str, ...], Match] = {}
    candidates = sorted(
        ((match, body) for body in fields for match in candidates_for(stream, body)),
        key=lambda one: (-one[0].score, one[1].path),
    )
    for match, body in candidates:
        path = match.source.path if match.source else ()
        if body.path not in found and (body.is_moment or path not in taken):
            found[body.path] = match
            taken.add(path)
    return found


def candidates_for(stream: StreamProfile, body: BodyField) -> Iterator[Match]:
    """Every source field that may serve a body field."""
    for source in stream.fields.values():
        named = _by_name(source, body, stream)
        fitting = fit(source, body.schema) if named is not None else None
        if named is None or fitting is None:
            continue
        score = named.score * fitting.share
        if score >= LEAST:
            why, in_list = _because(named, fitting), fitting.in_list
            yield Match(fitting.expression, score, why, source, in_list=in_list)


def _because(named: _Named, fitting: Fit) -> str:
    return "; ".join(why for why in (named.why, fitting.why) if why)


def _by_name(source: SourceField, body: BodyField, stream: StreamProfile) -> _Named | None:
    """How well the names agree: whole, or after words that change nothing."""
    words = [word for name in source.path for word in tokens(name)]
    within = {word for name in body.path[:-1] for word in tokens(name)} - CONTAINERS
    if within and not within & set(words):
        return None
    own = {singular(word) for word in tokens(stream.name)} | within
    while len(words) > 1 and words[-1] in ("value", "properties"):
        words.pop()
    for start in range(len(words)):
        named = _same("".join(words[start:]), body)
        if named is not None:
            if body.name in GENERAL and _says_of_what(words[:start], source, own):
                return None
            score = _after(words[:start], named, body, own, source)
            apart = body.name in ADDRESS_PARTS and len(source.path) == 1 and _has_address(stream)
            return score and _Named(score.score - 0.1 * apart, score.why)
    return _by_values(source, body)


def _says_of_what(before: list[str], source: SourceField, own: set[str]) -> bool:
    """Whether a word before a general name makes it another thing's: `record_type`."""
    around = {word for name in source.path[:-1] for word in tokens(name)} & NEUTRAL
    return any(word not in around and singular(word) not in {*own, *PEOPLE} for word in before)


def _has_address(stream: StreamProfile) -> bool:
    """Whether it has an object with an address in it."""
    return any(len(path) > 1 and "address" in tokens(path[-2]) for path in stream.fields)


def _by_values(source: SourceField, body: BodyField) -> _Named | None:
    """Values that can hardly be anything else."""
    mostly = {"email": source.share("email"), "phone": source.share("e164")}
    for look, share in mostly.items():
        if look in body.names and share >= SURE:
            return _Named(0.6, "no name for it")
    return None


def _same(name: str, body: BodyField) -> _Named | None:
    if name in body.names:
        return _Named(1.0, "same name")
    declared = [folded(one) for one in body.schema.get("x-synonyms", ())]
    if name in declared:
        return _Named(0.93, f"a documented synonym of {body.name}")
    known = (*(other for one in body.names for other in synonyms(one)), *_moments(body))
    if name in known:
        return _Named(0.87 - 0.005 * known.index(name), f"a common name for {body.name}")
    return None


def _moments(body: BodyField) -> tuple[str, ...]:
    """Other names for when something happened."""
    names = tuple(folded(one) for one in MOMENTS)
    return names if body.is_moment and body.names[0] in names else ()


def _after(
    before: list[str], named: _Named, body: BodyField, own: set[str], source: SourceField
) -> _Named | None:
    """The agreement, less what the words before the name take from it."""
    if any(singular(word) in OTHERS - own for word in before):
        return None
    strange = [word for word in before if singular(word) not in NEUTRAL | own]
    in_address = body.name in ADDRESS_PARTS and {"address", "mailing"} & set(before)
    score = named.score - 0.04 * (len(source.path) - 1)
    score += 0.12 * bool(in_address) - 0.3 * bool(strange)
    above = sum(len(tokens(name)) for name in source.path[:-1])
    passed_over = " ".join(before[above:])
    why = f"{named.why}, after `{passed_over}`" if passed_over else named.why
    return _Named(min(score, 1.0), why) if score >= LEAST else None
