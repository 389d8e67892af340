"""One rate limit for many runs: the thread that talks to Redis.

It reports what this run has sent and brings back the slots that Redis grants. No other thread waits
for Redis: while it does not respond, each run sends its own share.
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread

from target_gleantap.contract import Quota
from target_gleantap.delivery.shared_quota.health import SILENCE_SECONDS, Health
from target_gleantap.delivery.shared_quota.keys import RedisKeys
from target_gleantap.delivery.shared_quota.lease import BEAT_SECONDS
from target_gleantap.delivery.shared_quota.pacer import SharedPacer
from target_gleantap.delivery.shared_quota.redis_link import RedisLink, RedisUnavailable

RETRY_SECONDS = 1.0
"""How often a run without Redis tries to reach it again, give or take a half."""
GAP_SECONDS = 0.005
"""The shortest time between two exchanges."""


class QuotaExchange:
    """The rate limits of one account, shared through Redis.

    Args:
        url: Where Redis is.
        account: The name of the account in Redis.
        runs: How many runs there may be, by the settings; None where they do not say.
        say: Logs a sentence for the user; called from another thread, too.
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
        self._link = RedisLink(url, secrets.token_hex(8))
        self._account = account
        self._health = Health(runs)
        self._say = say
        self._clock = clock
        self._pacers: list[tuple[RedisKeys, SharedPacer]] = []
        self._wake_thread = Event()
        self._ended = Event()
        self._told = False
        self._wake: Callable[[], None] = lambda: None
        self._thread = Thread(target=self._work, name="quota", daemon=True)
        try:
            self._link.greet()
        except RedisUnavailable as silence:
            self._warn_unavailable(silence)

    # --- called by the dispatching thread

    def pacer(
        self, name: str, quotas: tuple[Quota, ...], demand: Callable[[SharedPacer, float, int], int]
    ) -> SharedPacer:
        """Make the pacer of one of the account's rate limits.

        Args:
            name: Its name, unique within the account.
            quotas: Its windows; without any, only waits (`Retry-After`) are shared.
            demand: How many requests could leave if so many more than now were in flight.
        """
        pacer = SharedPacer(quotas, self._health, demand, self._wake_thread.set)
        self._pacers = [*self._pacers, (RedisKeys.of(self._account, name), pacer)]
        return pacer

    def start(self, wake: Callable[[], None]) -> None:
        """Start the thread that talks to Redis.

        Args:
            wake: Wakes the dispatching thread; called from another thread.
        """
        self._wake = wake
        self._thread.start()

    def close(self) -> None:
        """Return unused slots and leave; wait no longer than Redis may take."""
        self._ended.set()
        self._wake_thread.set()
        if self._thread.is_alive():
            self._thread.join(2 * SILENCE_SECONDS)

    # --- the thread that talks to Redis

    def _work(self) -> None:
        while not self._ended.is_set():
            if self._exchanged():
                self._wake_thread.clear()
                self._ended.wait(GAP_SECONDS)
                self._wake_thread.wait(self._pause())
            else:
                self._wake()
                self._ended.wait(RETRY_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
        self._leave()

    def _exchanged(self) -> bool:
        try:
            self._exchange()
        except RedisUnavailable as silence:
            self._warn_unavailable(silence)
            return False
        return True

    def _leave(self) -> None:
        with suppress(RedisUnavailable):
            if not self._health.lost(self._clock()):
                self._exchange()
                self._link.leave(self._pacers[0][0])
        self._link.close()

    def _pause(self) -> float:
        now = self._clock()
        due = min(pacer.lease.next_at for _, pacer in self._pacers) - now
        return min(max(due, 0.0), BEAT_SECONDS)

    def _exchange(self) -> None:
        """Report and request for every pacer that is due.

        Raises:
            RedisUnavailable: Where Redis does not respond.
        """
        now = self._clock()
        every = self._health.lost(now) or self._ended.is_set()
        due = [each for each in self._pacers if every or each[1].lease.next_at <= now]
        if not due:
            return
        was_lost = self._health.lost(now)
        self._health.asked(now)
        asks = [
            (keys, pacer.lease, pacer.ask(now, ended=self._ended.is_set())) for keys, pacer in due
        ]
        grants = self._link.exchange(asks, now, self._health.seconds)
        sent, now = now, self._clock()
        for (_, pacer), (_, _, ask), grant in zip(due, asks, grants, strict=True):
            pacer.granted(ask, grant, sent, now)
        self._health.heard(now, grants[0].runs)
        self._report_return(now)
        if was_lost or any(grant.slots or grant.hold_seconds for grant in grants):
            self._wake()

    # --- what the log says

    def _warn_unavailable(self, silence: RedisUnavailable) -> None:
        self._health.failed()
        if self._told:
            return
        self._told = True
        runs = self._health.runs
        of = "shared it last" if self._health.seen else "may share it (quota_runs)"
        self._say(
            f"Redis (quota_url) does not respond ({silence}). Until it does, this run sends at "
            f"most 1/{runs} of each rate limit: as many runs {of}."
        )

    def _report_return(self, now: float) -> None:
        if self._told and not self._health.lost(now):
            self._told = False
            self._say("Redis (quota_url) responds again: the rate limit is shared through it.")
