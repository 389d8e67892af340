"""What went over the line, counted for the summary."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from target_gleantap.model import Answer, Failure


@dataclass(slots=True)
class Traffic:
    """Counts of one run.

    Attributes:
        requests: Requests sent, retries and steps included.
        retries: Those sent again.
        throttled: Answers that asked for fewer requests.
        failures: Requests that brought no answer.
        answers: Answers.
        answer_seconds: How long they took, all together.
        held_seconds: How long something was ready to go and a quota held it back.
        limit: How many requests may be under way at last.
        limit_falls: How often that became fewer.
        statuses: Answers by HTTP status.
        counts: What the vendor says it did.
    """

    requests: int = 0
    retries: int = 0
    throttled: int = 0
    failures: int = 0
    answers: int = 0
    answer_seconds: float = 0.0
    held_seconds: float = 0.0
    limit: int = 0
    limit_falls: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)

    def arrived(self, result: Answer | Failure) -> None:
        """Count what a request brought."""
        if isinstance(result, Failure):
            self.failures += 1
            return
        self.answers += 1
        self.answer_seconds += result.seconds
        self.statuses[result.status] += 1
