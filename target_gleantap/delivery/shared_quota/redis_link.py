"""The connection to Redis: one script call for each exchange.

`link.lua` is what Redis runs; the client is redis-py.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from target_gleantap.delivery.rate_limit.pacer import SlidingWindow
from target_gleantap.delivery.shared_quota.health import SILENCE_SECONDS
from target_gleantap.delivery.shared_quota.keys import RedisKeys
from target_gleantap.delivery.shared_quota.lease import Lease, LeaseGrant, LeaseRequest
from target_gleantap.errors import ConfigError
from target_gleantap.model import Fault

if TYPE_CHECKING:
    from redis import Redis

INSTALL = "pip install 'target-gleantap[redis]'"
ALIVE_SECONDS = 5.0
"""How long a run counts as alive after its last exchange."""
MOST_AHEAD_SECONDS = 0.25
"""How far ahead slots are given at most, however long Redis takes."""
LEAD_SHARE = 8
"""No run may be ahead of another that wants slots by more than this part of the smallest quota."""
MICRO = 1_000_000


class RedisUnavailable(Exception):
    """Redis has not responded, or not as expected; the message says how."""


def _fault(message: str, hint: str) -> ConfigError:
    return ConfigError([Fault("quota_url", message, hint, rule="quota_url")])


NO_DATABASE = "DB index is out of range"


class RedisLink:
    """A connection to Redis, opened when it is first needed.

    Args:
        url: `redis://`, `rediss://` or `unix://`.
        run: An id of this run, unique among the runs.

    Raises:
        ConfigError: Where redis-py is not installed, or the URL is not valid.
    """

    def __init__(self, url: str, run: str) -> None:
        self._library = _library()
        self._redis = _client(self._library, url)
        self._run = run
        self._script = files(__package__).joinpath("link.lua").read_text("utf-8")
        self._sha = ""

    def greet(self) -> None:
        """Connect to Redis for the first time, and load the script.

        Raises:
            ConfigError: Where it refuses this run, as it will every time.
            RedisUnavailable: Where Redis does not respond.
        """
        exceptions = self._library.exceptions
        try:
            self._sha = str(self._redis.script_load(self._script))
        except (exceptions.AuthenticationError, exceptions.NoPermissionError) as fault:
            hint = "check the user and the password in it, and what that user may do"
            raise _fault(f"Redis refuses this run ({_words(fault)})", hint) from None
        except exceptions.ResponseError as fault:
            if not str(fault).startswith(NO_DATABASE):
                raise RedisUnavailable(_words(fault)) from None
            hint = "its databases are numbered from 0, mostly to 15"
            raise _fault("Redis has no database of this number", hint) from None
        except (exceptions.RedisError, OSError) as fault:
            raise RedisUnavailable(_words(fault)) from None

    def exchange(
        self, asks: Sequence[tuple[RedisKeys, Lease, LeaseRequest]], now: float, ahead: float
    ) -> list[LeaseGrant]:
        """Report and request, for several rate limits at once.

        Args:
            asks: For each limit its keys, its lease and the request.
            now: Monotonic seconds.
            ahead: The recent response time of Redis, in seconds.

        Raises:
            RedisUnavailable: Where Redis does not respond.
        """
        calls = [(keys, self._arguments(lease, ask, now, ahead)) for keys, lease, ask in asks]
        return [_grant(answer) for answer in self._asked(lambda: self._call(calls))]

    def leave(self, keys: RedisKeys) -> None:
        """Take this run from the list.

        Raises:
            RedisUnavailable: Where Redis does not respond.
        """
        self._asked(lambda: self._redis.zrem(keys.runs, self._run))

    def close(self) -> None:
        """Close the connection."""
        self._redis.close()

    def _call(self, calls: Sequence[tuple[RedisKeys, list[str]]]) -> list[Any]:
        try:
            return self._pipelined(calls)
        except self._library.exceptions.NoScriptError:
            self._sha = str(self._redis.script_load(self._script))
            return self._pipelined(calls)

    def _pipelined(self, calls: Sequence[tuple[RedisKeys, list[str]]]) -> list[Any]:
        pipe = self._redis.pipeline(transaction=False)
        for keys, arguments in calls:
            pipe.evalsha(self._sha, len(tuple(keys)), *keys, *arguments)
        return pipe.execute()

    def _asked(self, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except (self._library.exceptions.RedisError, OSError) as fault:
            raise RedisUnavailable(_words(fault)) from None

    def _arguments(self, lease: Lease, ask: LeaseRequest, now: float, ahead: float) -> list[str]:
        windows = [SlidingWindow.of(quota) for quota in lease.quotas]
        smallest = min((quota.requests for quota in lease.quotas), default=1)
        horizon = min(lease.horizon + ahead, max(lease.horizon, MOST_AHEAD_SECONDS))
        numbers = [
            _micro(ALIVE_SECONDS),
            _micro(horizon),
            _micro(lease.valid),
            max(1, smallest // LEAD_SHARE),
            _micro(lease.tick),
            _micro(lease.space),
            max(0, math.ceil((ask.hold_until - now) * 1000)) if ask.hold_until > now else 0,
            ask.wanted,
            ask.first,
            len(windows),
            *(n for each in windows for n in (each.requests, _micro(each.seconds))),
            len(ask.left),
            *(n for number, left_at in ask.left for n in (number, _micro(now - left_at))),
            len(ask.unused),
            *ask.unused,
        ]
        return [self._run, *map(str, numbers)]


def _micro(seconds: float) -> int:
    return round(seconds * MICRO)


def _grant(answer: Any) -> LeaseGrant:
    runs, hold, wait, taken, slots = answer
    return LeaseGrant(
        int(runs),
        int(hold) / 1000,
        int(wait) / MICRO,
        tuple(map(int, taken)),
        tuple(int(slot) / MICRO for slot in slots),
    )


def _library() -> Any:
    """The client's package: an extra, which takes a third of a second to import."""
    try:
        return import_module("redis")
    except ModuleNotFoundError:
        raise _fault("needs the package redis, which is not installed", INSTALL) from None


def _client(library: Any, url: str) -> Redis:
    try:
        client: Redis = library.Redis.from_url(
            url,
            socket_timeout=SILENCE_SECONDS,
            socket_connect_timeout=SILENCE_SECONDS,
            retry=library.retry.Retry(library.backoff.NoBackoff(), 0),
            max_connections=1,
        )
    except ValueError:
        hint = "such as rediss://user:password@host:6379/0"
        raise _fault("is not a valid Redis URL", hint) from None
    return client


def _words(fault: Exception) -> str:
    """The error code that the message of Redis begins with, where it has one; nothing more."""
    first = str(fault).split(" ", 1)[0]
    said = f": {first}" if first.isalpha() and first.isupper() else ""
    return f"{type(fault).__name__}{said}"
