"""Requests and responses, counted for the summary."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from target_gleantap.model import Answer, Failure


@dataclass(slots=True)
class Traffic:
    """Counts of one run.

    Attributes:
        requests: Requests sent, retries and follow-up requests included.
        retries: Those sent again.
        throttled: Responses that asked for fewer requests (429).
        failures: Requests without a response.
        answers: Responses.
        answer_seconds: The sum of their response times.
        held_seconds: How long a request was ready and a rate limit held it back.
        limit: The concurrency limit at the end.
        limit_falls: How often that decreased.
        statuses: Responses by HTTP status.
        counts: What the vendor reports that it did.
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
        """Count a response, or a failure."""
        if isinstance(result, Failure):
            self.failures += 1
            return
        self.answers += 1
        self.answer_seconds += result.seconds
        self.statuses[result.status] += 1
