"""A dry run: the same way, with nothing at its end. It knows what a run would know."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from target_gleantap.delivery.dry_run import Rehearsal
from target_gleantap.errors import RecordsRejected, RemovalsHeld, TargetError
from target_gleantap.outcomes.rejects import Rejects, UnwrittenRejects
from target_gleantap.pipeline.run import LOGGER, Run

if TYPE_CHECKING:
    from target_gleantap.ledger.store import Ledger


class DryRun(Run):
    """A run that sends nothing, and writes neither rejects nor states nor the ledger."""

    rehearsal: Rehearsal

    def new_dispatcher(self) -> Rehearsal:
        """Make what counts requests."""
        self.rehearsal = Rehearsal()
        return self.rehearsal

    def new_rejects(self) -> Rejects:
        """Make what counts rejects."""
        return UnwrittenRejects(self.config.rejects_path)

    def new_output(self) -> Callable[[bytes], None]:
        """Give nothing: a dry run has done nothing that a state could stand for."""
        return lambda _value: None

    def open_ledger(self, url: str) -> Ledger:
        """Open a private copy of the ledger at this address."""
        from target_gleantap.ledger.snapshot import open_copy  # noqa: PLC0415 - slow, SQLAlchemy

        self._warn_of_no_account()
        config = self.config
        return open_copy(
            url,
            config.ledger_secret,
            wait=config.ledger_wait_seconds,
            destination=config.destination.name,
        )

    def _warn_of_no_account(self) -> None:
        destination, vendor = self.config.destination, self.config.vendor
        missing = [name for name in destination.told_apart_by if vendor.get(name) == f"<{name}>"]
        if missing:
            LOGGER.warning(
                "%s: not set, so the ledger cannot tell which account this is for, and everything "
                "counts as new",
                ", ".join(missing),
            )

    def would_be(self, reason: TargetError) -> TargetError:
        """Give the reason as what would be."""
        if isinstance(reason, RemovalsHeld):
            said = " ".join(
                f"{one.facts}: none of them would be removed. {one.remedy}"
                for one in self.verdicts
                if not one.allowed
            )
            return RemovalsHeld(f"Dry run: {said} All else would be delivered. Nothing was sent.")
        if not isinstance(reason, RecordsRejected):
            return reason
        return RecordsRejected(
            f"Dry run: {self._rejects.count} would be rejected, for the reasons in the summary; "
            "all else would be delivered. Nothing was sent. Mend the mapping or the data."
        )
