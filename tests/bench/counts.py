"""What the server has seen."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Counts:
    """What has come since somebody last asked.

    Attributes:
        accepted: How many requests were accepted and answered.
        records: How many records were in them.
        refused: How many were answered 429.
        bytes: The size of all bodies.
        first: When the first request came, on the machine's monotonic clock.
        last: When the last answer left.
        late: By how many seconds answers left later than the latency, all together.
        most: The most requests that were waiting for their answers at one time.
        accepted_in, refused_in: How many in each second since the first.
        of: The first of them again, for each run by its name.
    """

    accepted: int = 0
    records: int = 0
    refused: int = 0
    bytes: int = 0
    first: float = 0.0
    last: float = 0.0
    late: float = 0.0
    most: int = 0
    accepted_in: list[int] = field(default_factory=list)
    refused_in: list[int] = field(default_factory=list)
    of: dict[str, list[int]] = field(default_factory=dict)

    def count(self, seconds: list[int], now: float) -> None:
        """Count one more in this second."""
        seconds.extend([0] * (int(now - self.first) + 1 - len(seconds)))
        seconds[-1] += 1
