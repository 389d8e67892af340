"""Vendors on a virtual clock, for what says how many requests may be under way.

The kinds of server, and their figures, are those that Vector publishes for its own adaptive
request concurrency (vectordotdev/vector, tests/data/adaptive-concurrency/*.yaml; what the words in
there mean stands in src/sinks/util/adaptive_concurrency/tests.rs), as models of our own. The queue,
the refusal at once, the sporadic one, the crowded one and the change of latency are further ones.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Literal

from target_gleantap.delivery.concurrency.in_flight import Flight
from target_gleantap.delivery.concurrency.limit import Limit

Told = Literal["taken", "refused"]
REFUSED_SECONDS = 0.002
TIMEOUT_SECONDS = 5.0
MOST_SECONDS = 600.0


def luck(seed: int) -> Random:
    """Chance for a model."""
    return Random(seed)  # noqa: S311 - a model's


@dataclass
class Server:
    """How a vendor answers.

    Attributes:
        delay: Seconds that an answer takes at rest.
        jitter: Times an exponential chance of mean 1, as a share of the delay.
        scale: The share of the delay that each further request under way adds.
        knee: Beyond so many under way the delay grows by the power `steep`.
        workers: So many are worked on at once, the others queue; 0 for no such bound.
        most: Beyond so many under way `beyond` happens; 0 for no such bound.
        most_a_second: The same, of requests that came in the last second.
        beyond: `defer` refuses after the delay, `refuse` at once, `drop` never answers.
        sporadic: The share of requests that is refused for no reason.
        crowd: The more are under way the likelier is a refusal, as where a request goes to one of
            several machines by chance: by the sixth power, and certain with so many; 0 for never.
        later: From which time on the delay is `later_delay`, and the workers `later_workers`.
    """

    delay: float = 0.1
    jitter: float = 0.0
    scale: float = 0.0
    knee: int = 0
    steep: float = 1.1
    workers: int = 0
    most: int = 0
    most_a_second: int = 0
    beyond: Literal["defer", "refuse", "drop"] = "defer"
    sporadic: float = 0.0
    crowd: int = 0
    later: float = float("inf")
    later_delay: float = 0.0
    later_workers: int = 0
    chance: Random = field(default_factory=lambda: luck(7))
    in_flight: int = 0
    recent: deque[float] = field(default_factory=deque)
    free_at: list[float] = field(default_factory=list)

    def take(self, now: float) -> tuple[Told, float, float]:
        """Take a request; say what comes of it, in how many seconds, and how long it counts."""
        self.in_flight += 1
        self.recent.append(now)
        while self.recent[0] <= now - 1:
            self.recent.popleft()
        delay = self.later_delay if now >= self.later else self.delay
        over = (self.most and self.in_flight > self.most) or (
            self.most_a_second and len(self.recent) > self.most_a_second
        )
        if over and self.beyond == "drop":
            return "refused", TIMEOUT_SECONDS, 0.0
        if over or self.chance.random() < self._unlucky():
            took = delay if self.beyond == "defer" else REFUSED_SECONDS
            return "refused", took, took
        took = self._queue(now, delay) if self.workers else delay * self._slowness()
        return "taken", took, took

    def _unlucky(self) -> float:
        return (self.in_flight / self.crowd) ** 6 if self.crowd else self.sporadic

    def _slowness(self) -> float:
        slow = 1 + self.scale * (self.in_flight - 1) + self.jitter * self.chance.expovariate(1)
        return slow + self.steep ** max(0, self.in_flight - self.knee) - 1 if self.knee else slow

    def _queue(self, now: float, delay: float) -> float:
        while self.free_at and self.free_at[0] <= now:
            heapq.heappop(self.free_at)
        workers = self.later_workers if now >= self.later else self.workers
        ahead = len(self.free_at) >= workers
        done = (heapq.heappop(self.free_at) if ahead else now) + delay
        heapq.heappush(self.free_at, done)
        return done - now


@dataclass
class Course:
    """How a run went.

    Attributes:
        seconds: How long it took.
        taken, refused: How many requests were.
        levels: The limit, as often as something came back.
        in_flight: How many were under way at the vendor, likewise.
    """

    seconds: float = 0.0
    taken: int = 0
    refused: int = 0
    levels: list[int] = field(default_factory=list)
    in_flight: list[int] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return self.taken / self.seconds

    @property
    def settled(self) -> float:
        """The mean limit in the second half."""
        late = self.levels[len(self.levels) // 2 :]
        return sum(late) / len(late)


def run(server: Server, limit: Limit, requests: int, interval: float = 0.0) -> Course:
    """Send so many requests as the limit has it, one each `interval` at most."""
    events: list[tuple[float, int, Callable[[], None]]] = []
    order, course, chance = count(), Course(), luck(11)
    now, waiting, under_way = 0.0, 0, 0

    def at(when: float, what: Callable[[], None]) -> None:
        heapq.heappush(events, (when, next(order), what))

    def arrive() -> None:
        nonlocal waiting
        waiting += 1

    def leave() -> None:
        server.in_flight -= 1

    def come_back(flight: Flight, told: Told, took: float) -> Callable[[], None]:
        def back() -> None:
            nonlocal under_way
            under_way -= 1
            if told == "taken":
                course.taken += 1
                limit.answered(flight, now, took)
            else:
                course.refused += 1
                limit.refused(flight, now)
                at(now + chance.random() / 2, arrive)
            course.levels.append(limit.level)
            course.in_flight.append(server.in_flight)

        return back

    def launch() -> Iterator[None]:
        nonlocal waiting, under_way
        while waiting and under_way < limit.level:
            waiting -= 1
            under_way += 1
            flight = Flight(now, under_way)
            told, took, counts = server.take(now)
            at(now + counts, leave)
            at(now + took, come_back(flight, told, took))
            yield

    for number in range(requests):
        at(number * interval, arrive)
    while course.taken < requests and now < MOST_SECONDS:
        now, _, what = heapq.heappop(events)
        what()
        if not events or events[0][0] > now or waiting:
            deque(launch(), 0)
    course.seconds = now
    return course
