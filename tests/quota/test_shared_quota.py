"""Many pipelines, one account: whole runs that share a quota through Redis."""

from __future__ import annotations

import sys
import time
from collections import Counter

import pytest
from gym import MEMBERS, member, state

from target_gleantap.errors import ConfigError
from target_gleantap.sandbox.server import Sandbox
from target_gleantap.target import TargetGleantap

SHARED = {"quotas": ["100/1s"]}
EACH = 250


@pytest.fixture
def sandbox():
    """One that takes a hundred in any second, and answers 429 beyond."""
    with Sandbox(quotas=["100/1s sliding"], latency=0.05) as sandbox:
        yield sandbox


def begin(start, count, **settings):
    """Start so many runs, and wait until each has delivered its first record."""
    runs = [start(**SHARED, **settings) for _ in range(count)]
    for number, run in enumerate(runs):
        run.write([MEMBERS, member(f"-{number}-first"), state(run=number)])
    for run in runs:
        run.wait_for_states(1, timeout=30)
    return runs


def give_all(runs, each=EACH):
    for number, run in enumerate(runs):
        run.write([member(f"-{number}-{one}") for one in range(each)])


def wait_for(sandbox, count, timeout=30):
    until = time.monotonic() + timeout
    while len(sandbox.requests) < count:
        assert time.monotonic() < until, f"{len(sandbox.requests)} requests in {timeout} s"
        time.sleep(0.05)


def throttled(requests):
    return sum(request["status"] == 429 for request in requests) / len(requests)


def per_run(requests):
    return Counter(request["identifiers"][0].split("-")[1] for request in requests)


def best_rate(requests, seconds):
    """The most in any stretch of so many seconds: a machine that others use has its pauses."""
    times = sorted(one["arrived"] for one in requests if one["status"] == 200)
    return max(sum(at <= each < at + seconds for each in times) for at in times) / seconds


def test_four_runs_fill_a_quota_together_and_keep_to_it_when_redis_is_gone(
    start, sandbox, redis, balanced
):
    """95 % of it, less than 1 % of 429, none less than half its share; and on without Redis."""
    runs = begin(start, 4, quota_url=redis.url)
    before = len(sandbox.requests)
    give_all(runs)
    wait_for(sandbox, before + 2 * EACH)
    shared = sandbox.requests[before:]
    redis.stop()
    ended = [balanced(run.end(timeout=60)) for run in runs]
    alone = sandbox.requests[before + len(shared) :]

    assert [run.exit_code for run in ended] == [0] * 4, [run.stderr for run in ended]
    assert best_rate(shared, 3) >= 95
    assert throttled([*shared, *alone]) < 0.01
    counts = per_run(shared)
    assert min(counts.values()) >= len(shared) / 4 / 2, counts
    assert best_rate(alone, 2) >= 80
    for run in ended:
        assert run.stderr.count("does not respond") == 1
        assert "at most 1/4 of each rate limit" in run.stderr
    assert len(sandbox.contacts) == 4 * (EACH + 1)


def test_a_redis_that_hangs_delays_nobody_and_is_used_again_when_it_is_back(
    start, sandbox, redis, balanced
):
    runs = begin(start, 2, quota_url=redis.url)
    before = len(sandbox.requests)
    give_all(runs)
    wait_for(sandbox, before + 100)
    redis.hang()
    hung_at = time.monotonic()
    time.sleep(2.5)
    redis.go_on()
    went_on_at = time.monotonic()
    ended = [balanced(run.end(timeout=60)) for run in runs]

    assert [run.exit_code for run in ended] == [0, 0], [run.stderr for run in ended]
    meanwhile = [one for one in sandbox.requests if hung_at < one["arrived"] < went_on_at]
    assert len(meanwhile) >= 50  # of 250: the machine may be busy
    assert throttled(sandbox.requests) < 0.01
    for run in ended:
        assert run.stderr.count("does not respond") == 1
        assert run.stderr.count("responds again") == 1


def test_without_redis_from_the_start_a_run_keeps_to_its_declared_share(run_command, sandbox):
    messages = [MEMBERS, *(member(number) for number in range(60)), state(a=1)]
    url = "redis://me:a-password-of-redis@127.0.0.1:9/0"
    run = run_command(messages, **SHARED, quota_url=url, quota_runs=5)
    assert run.exit_code == 0
    assert run.stderr.count("Redis (quota_url) does not respond") == 1
    assert "at most 1/5 of each rate limit" in run.stderr
    assert "a-password-of-redis" not in run.stderr
    assert best_rate(sandbox.requests, 1) <= 20


def test_a_run_that_knows_no_quota_says_that_it_has_none_to_share(run_command, redis):
    messages = [MEMBERS, member(1), state(a=1)]
    unknown = run_command(messages, quota_url=redis.url)
    known = run_command(messages, **SHARED, quota_url=redis.url)
    assert [run.exit_code for run in (unknown, known)] == [0, 0]
    assert "quota_url: Gleantap documents no quota" in unknown.stderr
    assert "quota_url" not in known.stderr


def test_nothing_that_stays_in_redis_is_personal_or_secret(start, sandbox, redis, keys):
    (run,) = begin(start, 1, quota_url=redis.url)
    with redis.client() as client:
        names = {client.type(key) for key in keys()}
        told = repr([(key, client.dump(key)) for key in keys()])
    assert names
    assert all(0 < left <= 10_000 for left in keys().values())
    for secret in (*sandbox.credentials.values(), "example.com", "m-0-first"):
        assert secret not in told
    run.end()


def test_a_run_that_has_ended_no_longer_counts(start, redis, keys):
    runs = begin(start, 2, quota_url=redis.url)
    (name,) = (key for key in keys() if key.endswith(":runs"))
    with redis.client() as client:
        assert client.zcard(name) == 2
        runs[0].end()
        assert client.zcard(name) == 1
    runs[1].end()


def test_a_redis_that_refuses_is_told_before_anything_is_sent(settings, redis_server, sandbox):
    guarded = redis_server("--requirepass", "the-right-one")
    url = guarded.url.replace("//", "//:a-wrong-one@")
    with pytest.raises(ConfigError, match="quota_url: Redis refuses this run") as raised:
        TargetGleantap(config=settings(quota_url=url).values)
    assert "a-wrong-one" not in str(raised.value)
    assert sandbox.requests == []


def test_a_database_that_redis_does_not_have_is_told_before_anything_is_sent(settings, redis):
    with pytest.raises(ConfigError, match="quota_url: Redis has no database of this number"):
        TargetGleantap(config=settings(quota_url=redis.url.replace("/0", "/99")).values)


def test_a_missing_client_is_told_with_the_command_that_installs_it(settings, monkeypatch):
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(ConfigError, match=r"pip install 'target-gleantap\[redis\]'"):
        TargetGleantap(config=settings(quota_url="redis://127.0.0.1/0").values)


@pytest.mark.parametrize(
    "url", ["127.0.0.1:6379", "http://127.0.0.1", "redis://", "redis://127.0.0.1/first"]
)
def test_what_is_no_address_of_a_redis_is_told(settings, url):
    with pytest.raises(
        ConfigError, match=r"quota_url: (is no address of a Redis|names no database)"
    ):
        TargetGleantap(config=settings(quota_url=url).values)
