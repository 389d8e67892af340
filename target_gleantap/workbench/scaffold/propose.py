"""A stream to the mapping that is proposed for it: the resource, its fields, what is left. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from target_gleantap.contract import Destination, Resource
from target_gleantap.mapping.nested import spellings
from target_gleantap.workbench.scaffold.body_fields import BodyField, body_fields, unidentified
from target_gleantap.workbench.scaffold.match_fields import (
    LIKELY,
    Match,
    best_matches,
    candidates_for,
)
from target_gleantap.workbench.scaffold.profile import SourceField, StreamProfile
from target_gleantap.workbench.scaffold.special_fields import is_id, is_own_id, special
from target_gleantap.workbench.scaffold.synonyms import SECRET, folded, kind_of, tokens

MOST_ATTRIBUTES = 20
ENOUGH = 3.5
"""The least score of a stream that is not named like what it is taken for."""


@dataclass
class Proposal:
    """What is proposed for one stream.

    Attributes:
        stream: The stream.
        resource: What its records look like; None where like nothing that is taken.
        certainty: How sure that is, in a word.
        why: What speaks for it.
        fields: What is proposed for each body field, in the order of the contract.
        consents: What may be meant by body fields that say what somebody agreed to.
        missing: Required body fields that nothing looks like.
        identity: The sets of fields of which one has to be there, where none is.
        attributes: Source fields left over, that pass through.
        left: Source fields left over, that do not.
        by_name: Whether the stream is named like such things.
        score: How much it looks like the resource.
    """

    stream: StreamProfile
    resource: Resource | None
    certainty: str = ""
    why: str = ""
    fields: dict[tuple[str, ...], Match] = field(default_factory=dict)
    consents: dict[tuple[str, ...], tuple[BodyField, Match]] = field(default_factory=dict)
    missing: list[BodyField] = field(default_factory=list)
    identity: list[list[tuple[str, ...]]] = field(default_factory=list)
    attributes: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    score: float = 0.0
    by_name: bool = False

    @property
    def is_guess(self) -> bool:
        """Whether only its fields speak for it."""
        return not self.by_name


def propose(stream: StreamProfile, destination: Destination) -> Proposal:
    """The mapping of a stream to the resource that it looks most like.

    Args:
        stream: What is known of the stream.
        destination: Whose contract to fill.
    """
    proposals = [
        _for_resource(stream, resource)
        for resource in destination.resources.values()
        if not resource.explicit_only
    ]
    best = max(proposals, key=lambda one: one.score, default=None)
    if best is None or not (best.by_name or (best.score >= ENOUGH and not best.identity)):
        nobodys = best is not None and bool(best.identity)
        why = "no field of it tells whose it is" if nobodys else "too little of it fits"
        return Proposal(stream, None, why=why)
    reserved = {setting.name for setting in destination.settings}
    _leave_over(best, reserved)
    return best


def _for_resource(stream: StreamProfile, resource: Resource) -> Proposal:
    kind = kind_of((resource.name, *resource.streams))
    fields = body_fields(resource)
    proposal = Proposal(stream, resource)
    proposal.fields = _matches(stream, fields, kind, resource)
    proposal.consents = {
        body.path: (body, match)
        for body in fields
        if body.is_consent
        for match in sorted(candidates_for(stream, body), key=lambda one: -one.score)[:1]
    }
    proposal.missing = [
        body
        for body in fields
        if body.required and body.path not in proposal.fields and body.name != resource.derived_id
    ]
    proposal.identity = unidentified(resource.schema, proposal.fields)
    _judge(proposal, fields, kind)
    return proposal


def _matches(
    stream: StreamProfile, fields: Sequence[BodyField], kind: str, resource: Resource
) -> dict[tuple[str, ...], Match]:
    open_fields = [
        body
        for body in fields
        if not any((body.is_consent, body.is_open, is_own_id(body), is_id(body)))
    ]
    found = best_matches(stream, open_fields)
    for body in fields:
        made = special(stream, body, kind, derived=resource.derived_id)
        if made is not None and (body.path not in found or made.score > found[body.path].score):
            found[body.path] = made
    wanted = {body.path: body for body in fields}
    return {path: found[path] for path in wanted if path in found}


def _judge(proposal: Proposal, fields: Sequence[BodyField], kind: str) -> None:
    """How much a stream looks like a resource."""
    names = (proposal.stream.name, proposal.stream.name.rpartition(".")[2])
    schema = {} if proposal.resource is None else proposal.resource.schema
    declared = {folded(one) for one in schema.get("x-synonyms", ())}
    looks = kind_of(names)
    proposal.by_name = bool(kind and looks == kind) or bool(declared & set(map(folded, names)))
    required = [body for body in fields if body.required]
    covered = len(required) - len(proposal.missing)
    share = covered / len(required) if required else 1.0
    good = sum(match.score >= LIKELY for match in proposal.fields.values())
    by_name = 3.0 if proposal.by_name else -2.0 if looks else 0.0
    proposal.score = by_name + 2.0 * share + 2.0 * (not proposal.identity) + min(good, 8) / 8
    complete = not proposal.missing and not proposal.identity
    proposal.certainty = "a guess"
    if proposal.by_name:
        proposal.certainty = "sure" if complete else "likely"
    said = [
        "by its name" if proposal.by_name else "",
        f"{covered} of {len(required)} required fields found" if required else "",
        f"{len(proposal.fields)} fields in all",
    ]
    proposal.why = ", ".join(one for one in said if one)


def _leave_over(proposal: Proposal, reserved: set[str]) -> None:
    """What no rule uses: plain values pass through, the rest is named."""
    resource = proposal.resource
    if resource is None:
        return
    used = {match.source.path[0] for match in proposal.fields.values() if match.source}
    used |= {match.source.path[0] for _, match in proposal.consents.values() if match.source}
    taken = spellings(resource.schema).keys() if resource.custom_attributes == "" else set()
    for source in proposal.stream.fields.values():
        name = source.path[0]
        if len(source.path) > 1 or name in used:
            continue
        may = resource.custom_attributes is not None and name not in reserved | set(taken)
        full = len(proposal.attributes) >= MOST_ATTRIBUTES
        fine = may and not full and not _is_secret(source) and _is_plain(source)
        (proposal.attributes if fine else proposal.left).append(name)


def _is_plain(source: SourceField) -> bool:
    return source.of_kind("text", "number", "boolean") and not {"object", "list"} & source.kinds


def _is_secret(source: SourceField) -> bool:
    return bool(SECRET & set(tokens(source.path[-1])))
