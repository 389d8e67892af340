"""How far a run reads ahead."""

from __future__ import annotations

from target_gleantap.config.config import Config
from target_gleantap.outcomes.settle import Settling

WINDOW_BATCHES = 4
"""How many batches may be read ahead of the slowest unsettled record."""
WINDOW_BYTES = 64 * 1024 * 1024
"""How many bytes of input may be unsettled, so that large records do not fill the memory."""
BEHIND_WINDOWS = 4
"""How many windows may be read, and settled, behind a state that waits for one slow record: what a
crash just then would send again."""


class Window:
    """Bounds what is unsettled, so that neither the memory nor what a crash sends twice grows.

    Args:
        config: The settings.
        settling: Knows what is unsettled.
    """

    def __init__(self, config: Config, settling: Settling) -> None:
        self._records = WINDOW_BATCHES * max(config.batch_size_rows, *_parallel(config))
        self._settling = settling

    def full(self, unsettled: int, size: int, *, holds: bool) -> bool:
        """Whether the next record must wait.

        Args:
            unsettled: How many records are on their way.
            size: The bytes of the next one.
            holds: Whether removals wait for the end of the run, and a state with them. What is
                read a second time behind that one the ledger knows.
        """
        return bool(unsettled) and (
            unsettled >= self._records
            or self._settling.size + size > WINDOW_BYTES
            or (not holds and self._settling.checkpoint.behind >= BEHIND_WINDOWS * self._records)
        )


def _parallel(config: Config) -> tuple[int, ...]:
    """How many records it takes to keep every connection, and every bulk request, filled."""
    resources = config.destination.resources.values()
    bulks = (resource.bulk.most for resource in resources if resource.bulk is not None)
    return (config.max_in_flight, *bulks)
