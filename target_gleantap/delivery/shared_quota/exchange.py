"""One quota for many runs: the thread that goes between this run and Redis.

It carries what pacers have to tell, and brings what they are given. Nothing else ever waits for
Redis: where it does not answer, each run goes on with its share.
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread

from target_gleantap.contract import Quota
from target_gleantap.delivery.shared_quota.health import SILENCE_SECONDS, Contact
from target_gleantap.delivery.shared_quota.keys import Keys
from target_gleantap.delivery.shared_quota.lease import BEAT_SECONDS
from target_gleantap.delivery.shared_quota.pacer import SharedPacer
from target_gleantap.delivery.shared_quota.redis_link import Link, Silence

RETRY_SECONDS = 1.0
"""How often a run that is alone asks again, give or take a half."""
GAP_SECONDS = 0.005
"""What lies at least between two exchanges."""


class Sharing:
    """The quotas of one account that are shared through Redis.

    Args:
        url: Where Redis is.
        account: What the account is called there.
        runs: How many runs there may be, by the settings; None where they do not say.
        say: Tells the user, in a sentence; called from another thread, too.
        clock: Monotonic seconds.

    Raises:
        ConfigError: Where Redis cannot be used, or refuses this run.
    """

    def __init__(
        self,
        url: str,
        account: str,
        runs: int | None,
        say: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._link = Link(url, secrets.token_hex(8))
        self._account = account
        self._contact = Contact(runs)
        self._say = say
        self._clock = clock
        self._pacers: list[tuple[Keys, SharedPacer]] = []
        self._bell = Event()
        self._ended = Event()
        self._told = False
        self._wake: Callable[[], None] = lambda: None
        self._thread = Thread(target=self._work, name="quota", daemon=True)
        try:
            self._link.greet()
        except Silence as silence:
            self._alone(silence)

    # --- for the thread that decides

    def pacer(
        self, name: str, quotas: tuple[Quota, ...], demand: Callable[[SharedPacer, float, int], int]
    ) -> SharedPacer:
        """Make the pacer of one of the account's quotas.

        Args:
            name: What tells it from the others.
            quotas: Its windows; without any, only holds are shared.
            demand: How many requests could leave if so many more than now were in flight.
        """
        pacer = SharedPacer(quotas, self._contact, demand, self._bell.set)
        self._pacers = [*self._pacers, (Keys.of(self._account, name), pacer)]
        return pacer

    def start(self, wake: Callable[[], None]) -> None:
        """Begin to talk to Redis.

        Args:
            wake: Lets the thread that decides look again; called from another one.
        """
        self._wake = wake
        self._thread.start()

    def close(self) -> None:
        """Give back what was not used, and leave; wait for that no longer than Redis may take."""
        self._ended.set()
        self._bell.set()
        if self._thread.is_alive():
            self._thread.join(2 * SILENCE_SECONDS)

    # --- the thread between

    def _work(self) -> None:
        while not self._ended.is_set():
            if self._exchanged():
                self._bell.clear()
                self._ended.wait(GAP_SECONDS)
                self._bell.wait(self._pause())
            else:
                self._wake()
                self._ended.wait(RETRY_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
        self._leave()

    def _exchanged(self) -> bool:
        try:
            self._exchange()
        except Silence as silence:
            self._alone(silence)
            return False
        return True

    def _leave(self) -> None:
        with suppress(Silence):
            if not self._contact.lost(self._clock()):
                self._exchange()
                self._link.leave(self._pacers[0][0])
        self._link.close()

    def _pause(self) -> float:
        now = self._clock()
        due = min(pacer.lease.next_at for _, pacer in self._pacers) - now
        return min(max(due, 0.0), BEAT_SECONDS)

    def _exchange(self) -> None:
        """Tell and ask for all that is due.

        Raises:
            Silence: Where Redis does not answer.
        """
        now = self._clock()
        every = self._contact.lost(now) or self._ended.is_set()
        due = [each for each in self._pacers if every or each[1].lease.next_at <= now]
        if not due:
            return
        was_lost = self._contact.lost(now)
        self._contact.asked(now)
        asks = [
            (keys, pacer.lease, pacer.ask(now, ended=self._ended.is_set())) for keys, pacer in due
        ]
        grants = self._link.exchange(asks, now, self._contact.seconds)
        sent, now = now, self._clock()
        for (_, pacer), (_, _, ask), grant in zip(due, asks, grants, strict=True):
            pacer.granted(ask, grant, sent, now)
        self._contact.heard(now, grants[0].runs)
        self._back(now)
        if was_lost or any(grant.slots or grant.hold_seconds for grant in grants):
            self._wake()

    # --- what the user is told

    def _alone(self, silence: Silence) -> None:
        self._contact.failed()
        if self._told:
            return
        self._told = True
        runs = self._contact.runs
        of = "there were" if self._contact.seen else "there may be (quota_runs)"
        self._say(
            f"Redis (quota_url) does not answer ({silence}). Until it does, this run keeps to its "
            f"share of the quota: a part in {runs}, by the number of runs that {of}."
        )

    def _back(self, now: float) -> None:
        if self._told and not self._contact.lost(now):
            self._told = False
            self._say("Redis (quota_url) answers again: the quota is shared through it.")
