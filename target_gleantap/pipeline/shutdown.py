"""The end of a run, well or not: what is on its way is settled, and the last safe state leaves."""

from __future__ import annotations

from target_gleantap.config.config import Config
from target_gleantap.delivery.delivery import Ended
from target_gleantap.delivery.dispatcher import Dispatcher
from target_gleantap.delivery.dry_run import Rehearsal
from target_gleantap.errors import LocalError, Stopped, TargetError
from target_gleantap.outcomes.rejects import Rejects
from target_gleantap.pipeline.flow import Pipeline

FAULT_GRACE_SECONDS = 5.0
"""How long a run that must stop waits for what is in flight: its vendor is in trouble already."""


class Ending:
    """Ends a run.

    Args:
        config: The settings.
        pipeline: Its way.
        dispatcher: Delivers.
        rejects: Keeps what is rejected.
    """

    def __init__(
        self,
        config: Config,
        pipeline: Pipeline,
        dispatcher: Dispatcher | Rehearsal,
        rejects: Rejects,
    ) -> None:
        self._config = config
        self._pipeline = pipeline
        self._dispatcher = dispatcher
        self._rejects = rejects
        self._known = pipeline.known
        self._settling = pipeline.settling

    def finish(self) -> None:
        """Settle all that was read, and let the last state leave.

        Raises:
            TargetError: When the run must stop before that, or has rejected too much.
        """
        self._pipeline.settle_all()
        if self._known is not None:
            self._known.send_held()
        self._pipeline.states.let_go(everything=True)
        self._rejects.flush()
        if self._known is not None:
            self._known.finish()
        self._settling.balance()
        if self._known is not None:
            self._known.refuse_too_many()
        self._settling.refuse_too_many()

    def abandon(self, reason: BaseException) -> None:
        """Settle what is in flight within a while, and let the last safe state leave.

        What is unsettled then counts as not attempted.

        Args:
            reason: Why the run ends.

        Raises:
            TargetError: When that fails as well.
        """
        self._settling.leave_at_hand()
        for ended in self._dispatcher.drain(self._grace(reason)):
            self._end_or_leave(ended)
        for part in self._dispatcher.unsettled():
            part.item.row.in_doubt += part.in_doubt
            self._settling.leave(part.item)
        for item in self._known.left() if self._known is not None else ():
            self._settling.leave(item)
        self._rejects.flush()
        if self._known is None:
            self._pipeline.states.let_go(everything=True)
        elif not self._known.failed:
            self._known.secure()
            self._pipeline.states.let_go(everything=True)
        self._settling.balance()

    def _end_or_leave(self, ended: Ended) -> None:
        """Settle it; leave it unsettled where its reject cannot be written."""
        try:
            self._pipeline.end(ended)
        except LocalError:
            self._settling.leave_at_hand()

    def _grace(self, reason: BaseException) -> float:
        """How many seconds what is in flight may take, by why the run ends."""
        by_signal = isinstance(reason, Stopped) or not isinstance(reason, TargetError)
        stop = float(self._config.stop_deadline_seconds)
        return stop if by_signal else min(stop, FAULT_GRACE_SECONDS)

    def close(self) -> None:
        """Let go of connections and files."""
        self._dispatcher.close()
        if self._known is not None:
            self._known.close()
        self._rejects.close()
