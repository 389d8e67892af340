"""The bare thread pool: bodies from stdin, posted as they are by requests. No order, no retries.

    python data.py bodies COUNT | python pool.py {post|prepared} URL THREADS

`post` is what most programs do: a session for each thread, and `session.post`. `prepared` is
what requests can do at its best: a request prepared once, its body replaced, sent with settings
merged once.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

HEADERS = {
    "X-API-KEY": "bench",
    "X-SECRET-KEY": "bench",
    "Accept": "application/json",
    "Content-Type": "application/json",
}
TIMEOUT = 30.0

local = threading.local()


def poster(url: str) -> Callable[[bytes], requests.Response]:
    session = requests.Session()
    return lambda body: session.post(url, data=body, headers=HEADERS, timeout=TIMEOUT)


def prepared(url: str) -> Callable[[bytes], requests.Response]:
    session = requests.Session()
    request = session.prepare_request(requests.Request("POST", url, headers=HEADERS))
    settings: Any = session.merge_environment_settings(url, {}, None, None, None)
    settings["timeout"] = TIMEOUT

    def send(body: bytes) -> requests.Response:
        request.body = body
        request.headers["Content-Length"] = str(len(body))
        return session.send(request, **settings)

    return send


def main(how: str, url: str, threads: str) -> None:
    kinds = {"post": poster, "prepared": prepared}

    def post(body: bytes) -> None:
        if not hasattr(local, "send"):
            local.send = kinds[how](url)
        local.send(body).raise_for_status()

    lines = [line.rstrip() for line in sys.stdin.buffer]
    with ThreadPoolExecutor(int(threads)) as pool:
        for _ in pool.map(post, lines):
            pass


if __name__ == "__main__":
    main(*sys.argv[1:])
