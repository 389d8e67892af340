"""Proposals as a config in YAML, every line with what speaks for it. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from target_gleantap.contract import Destination, Resource
from target_gleantap.workbench.scaffold.body_fields import BodyField, body_fields
from target_gleantap.workbench.scaffold.match_fields import Match
from target_gleantap.workbench.scaffold.propose import Proposal

COMMENT_AT = 44
"""Where comments begin, where there is room."""
ENV_PREFIX = "TARGET_GLEANTAP_"

MOST_LEFT = 20
"""How many source fields that are left over are named."""

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_PLAIN_IN_A_LINE = re.compile(r"[A-Za-z_](?!.*(: | #)).*[^: ]|[A-Za-z_]")
_WORDS_OF_YAML = ("true", "false", "null", "yes", "no", "on", "off", "y", "n")


def as_yaml(proposals: Sequence[Proposal], destination: Destination) -> str:
    """The whole config."""
    mapped = [one for one in proposals if one.resource is not None and not one.is_guess]
    guessed = [one for one in proposals if one.resource is not None and one.is_guess]
    others = [one for one in proposals if one.resource is None]
    lines = [*_head(proposals, destination), ""]
    if others or guessed:
        passed_over = [f"{one.stream.name}: {one.why}" for one in others]
        passed_over += [f"{one.stream.name}: a guess, at the end of this file" for one in guessed]
        lines.append("# Streams that look like nothing that is taken here are passed over:")
        lines += [f"#   {each}" for each in passed_over]
        lines += ["unmapped_streams: ignore", ""]
    lines.append("mappings:" if mapped else "mappings: []")
    for one in mapped:
        lines += _entry(one)
    for one in guessed:
        lines += [f"  # {line.removeprefix('  ')}".replace("# #", "#") for line in _entry(one)]
    return "\n".join(lines) + "\n"


def _head(proposals: Sequence[Proposal], destination: Destination) -> Iterator[str]:
    required = [setting.name for setting in destination.settings if setting.required]
    wanted = [name for name in destination.credentials if name in required]
    names = ", ".join(f"{ENV_PREFIX}{name.upper()}" for name in wanted)
    yield f"# Proposed for {destination.title}. Look at every line before you use it."
    yield "# Then: target-gleantap check and target-gleantap preview, with this file as --config."
    yield f"destination: {destination.name}"
    yield f"# From the environment, with --config ENV: {names}"
    yield _commented("timezone: UTC", "the zone that dates and times go out in")
    if _numbers_without_country(proposals):
        yield _commented("# default_region: US", "phone numbers have no country code: say which")


def _numbers_without_country(proposals: Sequence[Proposal]) -> bool:
    phones = (
        match.source
        for one in proposals
        for path, match in one.fields.items()
        if "phone" in path[-1] and match.source is not None
    )
    return any(source.looks["phone"] > source.looks["e164"] for source in phones)


def _entry(one: Proposal) -> Iterator[str]:
    resource = one.resource
    if resource is None:
        return
    yield f"  # {one.stream.name}: {_sure(one.certainty)} ({one.why})."
    yield f"  - stream: {scalar(one.stream.name)}"
    yield f"    resource: {resource.name}"
    yield "    fields:" if one.fields else "    fields: {}"
    yield from _tree(_nested(one, resource), "      ")
    if one.identity:
        yield "      # REQUIRED, and no field looks like it: whose it is. One of these tells:"
        for each in one.identity:
            yield f"      #   {' with '.join('.'.join(path) for path in each)}"
    if one.attributes:
        names = ", ".join(scalar(name, flow=True) for name in one.attributes)
        yield f"    custom_attributes: [{names}]"
    if one.left:
        named, more = one.left[:MOST_LEFT], len(one.left) - MOST_LEFT
        yield f"    # left over: {', '.join(named)}{f' and {more} more' if more > 0 else ''}"


def _sure(certainty: str) -> str:
    return {"sure": "surely", "likely": "likely", "a guess": "perhaps"}[certainty]


def _nested(one: Proposal, resource: Resource) -> dict[str, Any]:
    """Body fields as a tree, whose leaves are the lines to write."""
    leaves: dict[tuple[str, ...], Any] = {
        **one.consents,
        **{body.path: body for body in one.missing},
        **one.fields,
    }
    tree: dict[str, Any] = {}
    for path in (body.path for body in body_fields(resource) if body.path in leaves):
        branch = tree
        for name in path[:-1]:
            branch = branch.setdefault(name, {})
        branch[path[-1]] = leaves[path]
    return tree


def _tree(tree: Mapping[str, Any], indent: str) -> Iterator[str]:
    for name, leaf in tree.items():
        if isinstance(leaf, dict):
            below = list(_tree(leaf, f"{indent}  "))
            # A branch of nothing but comments would be null: it is a comment itself.
            empty = all(line.lstrip().startswith("#") for line in below)
            yield f"{indent}# {name}:" if empty else f"{indent}{name}:"
            yield from below
        else:
            yield _leaf(name, leaf, indent)


def _leaf(name: str, leaf: Any, indent: str) -> str:
    if isinstance(leaf, Match):
        value = scalar(leaf.expression, flow=leaf.in_list)
        value = f"[{value}]" if leaf.in_list else value
        return _commented(f"{indent}{name}: {value}", _because(leaf))
    if isinstance(leaf, BodyField):
        why = f"REQUIRED, and no field looks like it: write which. {_described(leaf)}".rstrip()
        return _commented(f"{indent}# {name}:", why)
    body, match = leaf
    why = f"consent is not guessed: take it in only if it says just this. {_described(body)}"
    return _commented(f"{indent}# {name}: {scalar(match.expression)}", why.rstrip())


def _because(match: Match) -> str:
    return f"{match.certainty}: {match.why}"


def _described(body: BodyField) -> str:
    return str(body.schema.get("description", ""))


def _commented(text: str, comment: str) -> str:
    return f"{text.ljust(COMMENT_AT)}  # {comment}"


def scalar(text: str, *, flow: bool = False) -> str:
    """A text as YAML has it, in quotes only where it needs them.

    Args:
        text: The text, without line breaks.
        flow: Whether it stands in a list in brackets.
    """
    plain = _PLAIN if flow else _PLAIN_IN_A_LINE
    if plain.fullmatch(text) and text.lower() not in _WORDS_OF_YAML:
        return text
    if "'" in text or not text.isprintable():
        return json.dumps(text)  # YAML's double quotes are JSON's
    return f"'{text}'"
