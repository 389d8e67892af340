"""A Redis of the tests' own, which they may stop, and runs that share a quota through it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time

import pytest
from redis import Redis
from redis.exceptions import RedisError

COMMAND = "redis-server"


class RedisServer:
    """A Redis that keeps nothing, on a port of its own."""

    def __init__(self, folder, *options):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        where = ("--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(folder))
        self._command = [COMMAND, *where, "--save", "", "--appendonly", "no", *options]
        self.start()

    def start(self):
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        for _ in range(500):
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        pytest.fail("redis-server does not listen")

    def stop(self):
        self._process.kill()
        self._process.wait()

    def hang(self):
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self._process.send_signal(signal.SIGCONT)

    def client(self):
        return Redis.from_url(self.url)


@pytest.fixture
def redis_server(tmp_path):
    """Make a Redis: `redis_server(*options) -> RedisServer`."""
    if shutil.which(COMMAND) is None:
        if os.environ.get("NEED_REDIS"):
            pytest.fail(f"no {COMMAND} here, and this run must not do without")
        pytest.skip(f"no {COMMAND} here")
    made = []

    def redis_server(*options):
        made.append(RedisServer(tmp_path, *options))
        return made[-1]

    yield redis_server
    for server in made:
        server.stop()


@pytest.fixture
def redis(redis_server):
    """A Redis."""
    return redis_server()


@pytest.fixture
def keys(redis):
    """What stands in Redis: name to milliseconds until it is gone."""

    def keys():
        with redis.client() as client:
            try:
                return {key.decode(): client.pttl(key) for key in client.scan_iter()}
            except RedisError:
                return {}

    return keys
