"""The dry run: the target's own way, watched, with nothing at its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from target_gleantap.config.config import Config
from target_gleantap.errors import RecordsRejected, RemovalsHeld, TargetError
from target_gleantap.model import Filtered, Origin, Record, Rejection
from target_gleantap.outcomes.books import reasons_of
from target_gleantap.outcomes.rejects import Rejects, UnwrittenRejects
from target_gleantap.pipeline.run import Run
from target_gleantap.transform.prepare import Preparation, Prepared
from target_gleantap.transform.routes import Route
from target_gleantap.workbench.dry_target import DryTarget, QuietRun
from target_gleantap.workbench.preview.duration import Longest, longest
from target_gleantap.workbench.preview.explain import Explainer
from target_gleantap.workbench.preview.masking import masked
from target_gleantap.workbench.preview.messages import record_of
from target_gleantap.workbench.preview.survey import Survey

MOST_EXAMPLES = 200
"""How many different reasons have an example; the books tell no more apart either."""


@dataclass(frozen=True)
class Rejected:
    """The first record that was rejected for a reason.

    Attributes:
        line: Its input line.
        shape: The fields that the reason is about, each as its shape.
    """

    line: int
    shape: Any


@dataclass
class Preview:
    """What a run would do.

    Attributes:
        config: The settings.
        survey: What each mapping makes of its records.
        summary: The books and the reasons, as the run summary has them.
        removals: What is gone at the source, and what would be made of it.
        rejected: An example for each stream, mapping and reason.
        requests: Requests by resource.
        time: The quota that holds them back longest; None where none is known.
        explained: What `--explain` found.
        ended_by: What cut it short; empty where nothing did.
        exit_code: What a run would end with.
    """

    config: Config
    survey: Survey
    books: list[dict[str, Any]] = field(default_factory=list)
    reasons: list[Mapping[str, Any]] = field(default_factory=list)
    ignored: Mapping[str, int] = field(default_factory=dict)
    removals: list[Mapping[str, Any]] = field(default_factory=list)
    rejected: dict[tuple[str, str, str], Rejected] = field(default_factory=dict)
    requests: Mapping[str, int] = field(default_factory=dict)
    time: Longest | None = None
    explained: Explainer | None = None
    ended_by: str = ""
    exit_code: int = 0


class _Watched(Preparation):
    """Prepares, and lets the preview see what came of it."""

    def __init__(
        self,
        vendor: Mapping[str, Any],
        encode: Callable[[dict[str, Any]], bytes],
        target: PreviewTarget,
    ) -> None:
        super().__init__(vendor, encode)
        self._target = target

    def prepare(
        self, route: Route, record: Record, now: datetime
    ) -> Prepared | Filtered | Rejection:
        """Take a record through one mapping."""
        made = super().prepare(route, record, now)
        self._target.prepared(route, record, made)
        return made


class _WatchedRejects(UnwrittenRejects):
    """Counts rejects, and lets the preview see each."""

    def __init__(self, target: PreviewTarget) -> None:
        super().__init__("")
        self._target = target

    def write(self, origin: Origin, mapping: str, rejection: Rejection) -> None:
        """Count a reject."""
        super().write(origin, mapping, rejection)
        self._target.rejected(origin, mapping, rejection)


class _WatchedRun(QuietRun):
    """Lets the preview see what its parts do."""

    def __init__(self, target: PreviewTarget) -> None:
        self._target = target
        super().__init__(target.settings, target.plugin_version)

    def new_preparation(self) -> Preparation:
        """Make what maps and checks."""
        return _Watched(self.config.vendor, self.encoding(), self._target)

    def new_rejects(self) -> Rejects:
        """Make what counts rejects."""
        return _WatchedRejects(self._target)


class PreviewTarget(DryTarget):
    """The target, watched.

    Args:
        raw: The settings, as files gave them.
        limit: How many bodies to keep of each mapping.
        explain: The key of a record to follow, or empty.
        show_values: Whether to keep values as they are.
    """

    def __init__(
        self, raw: Mapping[str, Any], *, limit: int, explain: str, show_values: bool
    ) -> None:
        self._limit, self._show_values = limit, show_values
        self._explain = explain
        self.examples: dict[tuple[str, str, str], Rejected] = {}
        super().__init__(raw)

    def _new_run(self) -> Run:
        config = self.settings
        shown = {name: f"<{name}>" for name in config.destination.credentials}
        vendor = {**config.vendor, **shown}
        self.survey = Survey(vendor, self._limit, show_values=self._show_values)
        self.explainer = Explainer(self._explain, show_values=self._show_values)
        self.watched = _WatchedRun(self)
        return self.watched

    def prepared(self, route: Route, record: Record, made: Prepared | Filtered | Rejection) -> None:
        """See what a mapping made of a record."""
        line = self.message_reader.number
        if isinstance(made, Prepared):
            self.survey.take(route, record, made, line)
        else:
            self.survey.open(route)
        if self._explain:
            self.explainer.take(route, record, made, line)

    def rejected(self, origin: Origin, mapping: str, rejection: Rejection) -> None:
        """See a reject; the first for each reason is kept, as its shape."""
        if self._explain and rejection.reason == "schema":
            self.explainer.take_refused(origin, mapping, rejection)
        for reason in reasons_of(rejection):
            key = (origin.stream, mapping, reason)
            if key not in self.examples and len(self.examples) < MOST_EXAMPLES:
                self.examples[key] = Rejected(origin.line, self._shape(origin, mapping, rejection))

    def _shape(self, origin: Origin, mapping: str, rejection: Rejection) -> Any:
        record = record_of(origin)
        surveyed = self.survey.mappings.get((origin.stream, mapping))
        names = {fault.path.split(".")[0].split("[")[0] for fault in rejection.faults}
        if rejection.reason != "schema" and surveyed is not None:
            names = {
                path[0]
                for field in surveyed.route.mapping.plan.fields
                if field.name in names
                for expression in field.shape.expressions
                for path in expression.sources
            }
        return masked({name: record.get(name) for name in sorted(names)} if names else record)


def preview(
    raw: Mapping[str, Any],
    path: str,
    *,
    limit: int = 2,
    explain: str = "",
    show_values: bool = False,
) -> Preview:
    """Run a tap's output through a config, and send nothing.

    Args:
        raw: The settings, as files gave them.
        path: A file of Singer messages, `-` for stdin.
        limit: How many bodies to show of each mapping.
        explain: The key of a record to follow, or empty.
        show_values: Whether to show values as they are.

    Raises:
        ConfigError: Where the config itself is wrong.
    """
    target = PreviewTarget(raw, limit=limit, explain=explain, show_values=show_values)
    seen = Preview(target.settings, target.survey)
    try:
        target.read(path)
        target.process_endofpipe()
    except (RecordsRejected, RemovalsHeld) as reason:
        seen.exit_code = reason.exit_code
    except TargetError as reason:
        seen.ended_by, seen.exit_code = str(reason), reason.exit_code
    books = target.run.books
    seen.books = [row.as_dict() for row in books.rows]
    seen.reasons, seen.ignored = books.reasons(), dict(target.run.ignored)
    seen.removals = [verdict.as_dict() for verdict in target.run.verdicts]
    seen.rejected = target.examples
    seen.requests = dict(target.watched.rehearsal.requests)
    seen.time = longest(target.settings, seen.requests)
    seen.explained = target.explainer if explain else None
    return seen
