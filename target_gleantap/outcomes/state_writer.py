"""The states of one run, on their way out: each when it is safe, and what it rests on is kept."""

from __future__ import annotations

from collections.abc import Callable

from target_gleantap.outcomes.checkpoint import Checkpoint


class States:
    """Lets states leave.

    Args:
        checkpoint: Says which may.
        write: Writes one, given as JSON text, to stdout.
        keep: Brings onto the disk what a state stands for, before it leaves.
        clock: Monotonic seconds.
        wait: Seconds until one leaves that is safe and closes no batch.

    Attributes:
        written: How many have left.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        write: Callable[[bytes], None],
        keep: Callable[[], None],
        clock: Callable[[], float],
        wait: float,
    ) -> None:
        self.written = 0
        self._checkpoint = checkpoint
        self._write = write
        self._keep = keep
        self._clock = clock
        self._wait = wait
        self._last: bytes | None = None
        self._written_at = clock()

    def let_go(self, *, everything: bool = False) -> None:
        """Let the safe states leave.

        Args:
            everything: Whether the newest leaves, too, where it closes no batch.

        Raises:
            LocalError: When what they stand for cannot be kept, or nobody reads them.
        """
        now = self._clock()
        waited = now - self._written_at >= self._wait
        states = self._checkpoint.release(everything=everything or waited)
        if waited:
            self._written_at = now
        if not states:
            return
        self._keep()
        for state in states:
            if state != self._last:
                self._write(state)
                self._last = state
                self.written += 1
        self._written_at = now
