"""What `preview` prints for people."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from typing import Any

from target_gleantap.changes.removal_guard import Gone
from target_gleantap.exact_json.codec import encode
from target_gleantap.exact_json.values import a_kind_of
from target_gleantap.workbench.preview.explain import Explained, Explainer, Rule
from target_gleantap.workbench.preview.preview import Preview
from target_gleantap.workbench.preview.seen import MOST, Again
from target_gleantap.workbench.preview.survey import Example, Surveyed

MINUTE = 60


def as_text(preview: Preview, width: int) -> str:
    """Everything, for a terminal of this width."""
    parts: list[Any] = [f"Dry run for {preview.config.destination.title}: nothing was sent.\n"]
    if preview.ended_by:
        parts.append(f"It ended early, so this is about what came before: {preview.ended_by}\n")
    if preview.explained is not None:
        parts += _explained(preview.explained)
    else:
        for surveyed in preview.survey.mappings.values():
            parts += _mapping(surveyed, preview)
        parts += _removals(preview)
        parts += _rejected(preview)
        parts += _totals(preview)
    return _rendered(parts, width)


def _rendered(parts: list[Any], width: int) -> str:
    # Only here: importing rich takes longer than a check should.
    from rich.console import Console  # noqa: PLC0415

    console = Console(file=StringIO(), width=width, highlight=False, markup=False, emoji=False)
    for part in parts:
        console.print(part, soft_wrap=isinstance(part, str))
    text = console.file.getvalue()  # type: ignore[attr-defined] # the StringIO above
    return "\n".join(line.rstrip() for line in text.splitlines())


def _table(*columns: str, title: str = "") -> Any:
    from rich import box  # noqa: PLC0415 - the same
    from rich.table import Table  # noqa: PLC0415

    table = Table(title=title or None, title_justify="left", title_style="", box=box.SIMPLE)
    for column in columns:
        justify = "right" if column in ("filled", "of all") else "left"
        table.add_column(column, justify=justify, overflow="fold")  # type: ignore[arg-type] # a literal
    return table


def _json(value: Any) -> str:
    return encode({"": value}).decode()[4:-1]


def _pretty(value: Any) -> str:
    """A line for each member of an object: narrow enough to stand beside another."""
    if not isinstance(value, dict):
        return _json(value)
    return "\n".join(f"{name}: {_json(one)}" for name, one in value.items())


def _mapping(surveyed: Surveyed, preview: Preview) -> Iterator[Any]:
    route = surveyed.route
    yield f"{route.stream} -> {route.resource.name} ({route.name})"
    for row in preview.books:
        if (row["stream"], row["mapping"]) == (route.stream, route.name):
            yield "  " + _row(row, _removed(row, preview))
    yield "  " + _again(surveyed, preview)
    if surveyed.sent:
        table = _table("body field", "filled", "of all")
        for name, count in surveyed.fill.items():
            table.add_row(name, str(count), f"{100 * count / surveyed.sent:.1f} %")
        yield table
    if surveyed.unmapped:
        yield f"  not mapped: {', '.join(surveyed.unmapped)}\n"
    for example in surveyed.examples:
        yield _example(example)


def _removed(row: dict[str, Any], preview: Preview) -> int:
    """How many of a mapping's records would remove something."""
    names = (row["stream"], row["mapping"])
    return sum(
        one["sent"]
        for one in preview.removals
        if (one["stream"], one["mapping"]) == names and one["how"] == Gone.DELETED.value
    )


def _row(row: dict[str, Any], removed: int) -> str:
    """The books of a mapping, in which a removal that is delivered counts as delivered."""
    unchanged = f"{row['unchanged']} unchanged, " if row["unchanged"] else ""
    removals = f", {removed} removed" if removed else ""
    held = f", {row['not_attempted']} held back" if row["not_attempted"] else ""
    return (
        f"{row['read']} read: {row['delivered'] - removed} would be sent, {unchanged}"
        f"{row['filtered']} filtered, {row['rejected']} rejected{removals}{held}"
    )


def _again(surveyed: Surveyed, preview: Preview) -> str:
    keys = ", ".join(surveyed.route.key_properties)
    repeated, changed = (surveyed.again[one] for one in (Again.REPEATED, Again.CHANGED))
    if not repeated and not changed:
        text = "no duplicates"
    elif not keys:
        text = f"duplicates: {repeated} bodies came before"
    else:
        text = (
            f"duplicates by {keys}: {repeated} came before with the same body, {changed} with "
            "another one"
        )
    return f"{text} (counted among the first {MOST} keys)" if preview.survey.seen.full else text


def _example(example: Example) -> Any:
    table = _table(f"record (line {example.line})", "body")
    table.add_row(_pretty(example.record), _pretty(example.body))
    return table


def _removals(preview: Preview) -> Iterator[Any]:
    if not preview.removals:
        return
    table = _table(
        *("stream", "mapping", "gone", "how", "known", "a run may remove", "what would be"),
        title="Removals, counted apart from what would be sent",
    )
    for row in preview.removals:
        verdict = f"{row['sent']} removed" if row["allowed"] else "all held back: too many"
        counts = (str(row["gone"]), row["how"], str(row["known"]), str(row["limit"]))
        table.add_row(row["stream"], row["mapping"], *counts, verdict)
    yield table


def _rejected(preview: Preview) -> Iterator[Any]:
    if not preview.reasons:
        return
    table = _table("rejected", "reason", "first at line", "its shape", title="Rejects")
    for row in preview.reasons:
        found = preview.rejected.get((row["stream"], row["mapping"], row["reason"]))
        line, shape = ("", "") if found is None else (str(found.line), _json(found.shape))
        table.add_row(str(row["count"]), f"{row['mapping']}: {row['reason']}", line, shape)
    yield table


def _totals(preview: Preview) -> Iterator[str]:
    for stream, count in preview.ignored.items():
        yield f"Ignored, for want of a mapping: {count} records of stream {stream}"
    total = sum(preview.requests.values())
    several = len(preview.requests) > 1
    each = ", ".join(f"{count} {name}" for name, count in preview.requests.items())
    yield f"Requests: {total}{f' ({each})' if several else ''}. {quota_words(preview)}"


def quota_words(preview: Preview) -> str:
    """How long they take at the quotas."""
    time = preview.time
    if time is None:
        title = preview.config.destination.title
        return f"How long they take is not known: {title} documents no quota; set `quotas`."
    minutes = time.seconds / MINUTE
    return f"At {time.quota} ({time.whose}) they take at least {minutes:.1f} minutes."


def _explained(explainer: Explainer) -> Iterator[Any]:
    if not explainer.found:
        yield f"No record with the key {explainer.key} came to a mapping."
    for one in explainer.found:
        yield f"line {one.line}: {one.stream}, {one.mapping}"
        if one.rules:
            yield _rules(one)
        yield f"  {one.outcome}"
        yield from (f"    {fault}" for fault in one.faults)
        yield ""
    if explainer.more:
        yield f"It came {explainer.more} times more."


def _rules(one: Explained) -> Any:
    table = _table("rule", "written", "gives", "sent as")
    for rule in one.rules:
        table.add_row(rule.name, rule.written, _json(rule.read), _sent(rule))
    return table


def _sent(rule: Rule) -> str:
    if rule.faults:
        return "; ".join(rule.faults)
    if rule.name == "where":
        return "goes on" if rule.sent else "left out"
    if rule.sent is None:
        return f"nothing ({a_kind_of(rule.read)})"
    return _json(rule.sent)
