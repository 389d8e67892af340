"""One run, from its config to its end: what it works with, how it fares, what is said of it."""

from __future__ import annotations

import logging
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from target_gleantap import report
from target_gleantap.changes.removal_guard import Verdict
from target_gleantap.config.config import Config
from target_gleantap.delivery.dispatcher import Dispatcher
from target_gleantap.delivery.dry_run import Rehearsal
from target_gleantap.delivery.policy import Policy
from target_gleantap.delivery.shared_quota.exchange import QuotaExchange
from target_gleantap.delivery.shared_quota.keys import account_name
from target_gleantap.delivery.transport.client import Client
from target_gleantap.errors import DISK_FULL, LocalError, RecordsRejected, RemovalsHeld, TargetError
from target_gleantap.exact_json.codec import encode, encode_canonical
from target_gleantap.outcomes.rejects import Rejects
from target_gleantap.pipeline.flow import Pipeline
from target_gleantap.pipeline.shutdown import Ending
from target_gleantap.report import summary
from target_gleantap.telemetry.progress import Progress, ProgressCounts
from target_gleantap.telemetry.timeline import Gauges
from target_gleantap.transform.prepare import Preparation

if TYPE_CHECKING:
    from target_gleantap.ledger.store import Ledger

LOGGER = logging.getLogger("target-gleantap")
AGENT = "target-gleantap"
NOTHING_TO_SHARE = (
    "quota_url: %s documents no quota, so the runs share no more than the waits that it asks for, "
    "and each learns for itself what the account bears. Set quotas to what all of them may send."
)


class Run:
    """A run.

    Args:
        config: The settings.
        version: Of this target.
        drain: Called at the end, before anything is said of it.

    Attributes:
        config: The settings.
        pipeline: The way of its records.
        books: What became of them.
        ignored: How many records came of streams without a mapping.

    Raises:
        ConfigError: Where the ledger is not what the settings say.
        LocalError: Where it cannot be used.
    """

    def __init__(
        self, config: Config, version: str, drain: Callable[[], None] = lambda: None
    ) -> None:
        self.config = config
        self.ignored: Counter[str] = Counter()
        self._version = version
        self._drain = drain
        self._dispatcher = self.new_dispatcher()
        self._rejects = self.new_rejects()
        self._progress = Progress(self._pulse, LOGGER)
        self.pipeline = Pipeline(
            config,
            self.new_preparation(),
            self._dispatcher,
            self._rejects,
            self.new_output(),
            self.new_ledger(),
            self._watch,
        )
        self._ending = Ending(config, self.pipeline, self._dispatcher, self._rejects)
        self.books = self.pipeline.settling.books
        self._started_at = time.monotonic()
        self._began = datetime.now(timezone.utc).astimezone()

    # --- what it works with

    def new_dispatcher(self) -> Dispatcher | Rehearsal:
        """Make what delivers."""
        config = self.config
        return Dispatcher(
            config.destination,
            config.vendor,
            Client(config.base_url, headers(config, self._version), config.request_timeout_seconds),
            encode,
            Policy(
                config.max_in_flight,
                config.retry_deadline_seconds,
                config.on_ambiguous,
                config.quotas,
                config.batch_wait_seconds,
                config.job_deadline_seconds,
                adaptive=config.concurrency == "adaptive",
            ),
            sharing=self._new_sharing(),
        )

    def _new_sharing(self) -> QuotaExchange | None:
        config = self.config
        if config.quota_url is None:
            return None
        if not (config.quotas or config.destination.documents_quotas):
            LOGGER.warning(NOTHING_TO_SHARE, config.destination.title)
        told_by = (config.quota_name,) if config.quota_name else config.account
        account = account_name(config.destination.name, told_by)
        return QuotaExchange(config.quota_url, account, config.quota_runs, LOGGER.warning)

    def new_rejects(self) -> Rejects:
        """Make what keeps rejects."""
        return Rejects(self.config.rejects_path)

    def new_preparation(self) -> Preparation:
        """Make what maps and checks."""
        return Preparation(self.config.vendor, self.encoding())

    def encoding(self) -> Callable[[dict[str, Any]], bytes]:
        """Give what encodes a body: in one form always, where it is compared with another."""
        return encode if self.config.ledger_url is None else encode_canonical

    def new_output(self) -> Callable[[bytes], None]:
        """Give what writes a state."""
        return _write_state

    def new_ledger(self) -> Ledger | None:
        """Open the ledger, where there is to be one.

        Raises:
            ConfigError: Where the settings do not fit it.
            LocalError: Where it cannot be used.
        """
        url = self.config.ledger_url
        return None if url is None else self.open_ledger(url)

    def open_ledger(self, url: str) -> Ledger:
        """Open the ledger at this address."""
        from target_gleantap.ledger.connect import open_ledger  # noqa: PLC0415 - slow, SQLAlchemy

        config = self.config
        return open_ledger(url, config.ledger_secret, wait=config.ledger_wait_seconds)

    # --- how it fares

    @property
    def verdicts(self) -> list[Verdict]:
        """What the guard of the removals said of what is gone at the source."""
        return [] if self.pipeline.known is None else self.pipeline.known.verdicts

    @property
    def counted(self) -> int:
        """How many records are known to have come, those of ignored streams included."""
        return self.books.read + sum(self.ignored.values())

    def idle(self, seconds: float) -> None:
        """Wait until something happens, at most so long."""
        self.pipeline.turn(seconds)

    def wake(self) -> None:
        """Make a waiting `idle` return; may be called from any thread or signal handler."""
        self._dispatcher.wake()

    def _watch(self) -> None:
        self._progress.write_if_due()
        if self._dispatcher.history.due(time.monotonic()):
            self._sample()

    def _sample(self) -> None:
        gauges = Gauges(
            self.books.settled,
            self._rejects.count,
            self._dispatcher.in_flight,
            self._dispatcher.limit,
            self.pipeline.unsettled,
            self._dispatcher.quota_use(),
        )
        self._dispatcher.history.sample(time.monotonic(), gauges)

    def _pulse(self) -> ProgressCounts:
        return ProgressCounts(
            self.books.settled,
            self._dispatcher.in_flight,
            self._dispatcher.limit,
            self.pipeline.unsettled,
            self._rejects.count,
            self._dispatcher.quota_left(),
        )

    # --- its end

    def finish(self) -> None:
        """Settle all that was read, let the last state leave, and say what came of it.

        Raises:
            TargetError: When something kept it from that, or it rejected too much.
        """
        try:
            self._ending.finish()
        except (RecordsRejected, RemovalsHeld) as stopped:
            reason = self.would_be(stopped)
            self.conclude(reason)
            raise reason from None
        except BaseException as reason:
            self.abandon(reason)
            raise
        self.conclude(None)

    def would_be(self, reason: TargetError) -> TargetError:
        """Give the reason in the words of this kind of run."""
        return reason

    def abandon(self, reason: BaseException) -> None:
        """Settle what is in flight, let the last safe state leave, and say what came of it.

        Args:
            reason: What cuts the run short; it travels on after this.
        """
        try:
            self._ending.abandon(reason)
        except TargetError as fault:
            LOGGER.error("%s", fault)  # noqa: TRY400 - the reason comes with its own trace
        finally:
            self.conclude(reason)

    def conclude(self, reason: BaseException | None) -> None:
        """Say what came of the run, and let go of all that it works with."""
        self._progress.clear()
        self._drain()
        text = self._summary(reason)
        with ExitStack() as last:
            last.callback(summary.show, text, sys.stderr)
            if self.config.summary_path:
                last.callback(summary.write, text, self.config.summary_path)
            if self.config.report_path:
                last.callback(self._report, text, self.config.report_path)
            self.close()

    def close(self) -> None:
        """Let go of all that it works with."""
        self._ending.close()

    def _summary(self, reason: BaseException | None) -> dict[str, Any]:
        return summary.summarize(
            self.books,
            self._dispatcher.traffic,
            seconds=time.monotonic() - self._started_at,
            destination=self.config.destination.name,
            states=0 if self.config.dry_run else self.pipeline.states.written,
            dry_run=self.config.dry_run,
            ignored=self.ignored,
            rejects_path=self._rejects.written_to,
            removals=[verdict.as_dict() for verdict in self.verdicts],
            reason=reason,
        )

    def _report(self, text: dict[str, Any], path: str) -> None:
        self._sample()
        history, version = self._dispatcher.history, self._version
        page = report.render(text, history, self.config, began=self._began, version=version)
        report.write(page, path)


def headers(config: Config, version: str) -> dict[str, str]:
    """The headers of every request; they carry the credentials."""
    agent = {"User-Agent": f"{AGENT}/{version}"}
    return {**agent, **config.destination.sign(config.vendor)}


def _write_state(value: bytes) -> None:
    try:
        sys.stdout.write(value.decode() + "\n")
        sys.stdout.flush()
    except (OSError, ValueError, AttributeError) as fault:
        # Python has None there where the process began without a stdout.
        full = isinstance(fault, OSError) and fault.errno in DISK_FULL
        said = "cannot be written" if full else "is closed: nobody reads the states of this run"
        words = fault.strerror if full and isinstance(fault, OSError) else type(fault).__name__
        raise LocalError(
            f"stdout {said} ({words}). What was delivered will be sent again next time."
        ) from None
