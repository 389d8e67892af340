"""The sandbox as a server, in a thread of its own; by default on 127.0.0.1.

with Sandbox(quotas=["100/1s"]) as sandbox:
    sandbox.faults = [{"fault": "status", "status": 500, "rate": 0.1}]
    run(base_url=sandbox.url, **sandbox.credentials)
    assert sandbox.stats["overlaps"] == 0
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import quote

from target_gleantap.sandbox.access import Access, is_loopback
from target_gleantap.sandbox.account.account import Account, Options
from target_gleantap.sandbox.control import views
from target_gleantap.sandbox.router import Router
from target_gleantap.sandbox.transport.connection import Connection
from target_gleantap.sandbox.vendors import load

HOST = "127.0.0.1"
BACKLOG = 1024
T = TypeVar("T")


class Sandbox:
    """A vendor's API with one account, on a port of the loopback interface.

    Args:
        host: The address to listen on. Any but a loopback address needs a token.
        token: The secret that the pages and the control endpoints require; empty for none.

    Raises:
        ValueError: Where other machines can reach `host` and there is no token.

    Attributes:
        credentials: The expected credentials, by the names of the target's settings.
        port: The port that it listens on; known once it has started.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        destination: str = "gleantap",
        credentials: Mapping[str, str] | None = None,
        quotas: Iterable[str] | None = None,
        faults: Iterable[Mapping[str, Any]] = (),
        latency: float | tuple[float, float] = 0.0,
        seed: int = 0,
        log_size: int = 100_000,
        record: bool = False,
        variant: str = "",
        host: str = HOST,
        token: str = "",
    ) -> None:
        if not token and not is_loopback(host):
            raise ValueError(
                f"other machines can reach {host}, and the pages show personal data: set a secret "
                "with --token or SANDBOX_TOKEN"
            )
        vendor = load(destination)
        self.credentials = {**vendor.credentials, **(credentials or {})}
        self.port = port
        options = Options(
            credentials=self.credentials,
            quotas=None if quotas is None else tuple(quotas),
            faults=tuple(faults),
            latency=latency,
            seed=seed,
            log_size=log_size,
            record=record,
            variant=variant,
        )
        self._router = Router(Account(vendor, options), Access(token))
        self._host = host
        self._token = token
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    @property
    def url(self) -> str:
        """The base URL."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self.port}"

    @property
    def inbox(self) -> str:
        """The address of the inbox."""
        return f"{self.url}/?token={quote(self._token)}" if self._token else f"{self.url}/"

    @property
    def contacts(self) -> list[dict[str, Any]]:
        """As `GET /_sandbox/contacts`."""
        return self._call_on_loop(lambda: views.contacts(self._router.account))

    @property
    def events(self) -> list[dict[str, Any]]:
        """As `GET /_sandbox/events`."""
        return self._call_on_loop(lambda: views.events(self._router.account))

    @property
    def requests(self) -> list[dict[str, Any]]:
        """As `GET /_sandbox/requests`."""
        return self._call_on_loop(lambda: views.requests(self._router.account))

    @property
    def stats(self) -> dict[str, Any]:
        """As `GET /_sandbox/stats`."""
        return self._call_on_loop(lambda: views.stats(self._router.account))

    @property
    def faults(self) -> list[dict[str, Any]]:
        """The failures to inject, each with how often it was applied; set them to change them."""
        return self._call_on_loop(self._router.account.faults.view)

    @faults.setter
    def faults(self, rules: Iterable[Mapping[str, Any]]) -> None:
        self._call_on_loop(lambda: self._router.account.faults.replace_rules(list(rules)))

    @property
    def quotas(self) -> list[str]:
        """The rate limits enforced; set them to change them, an empty list for none."""
        return self._call_on_loop(
            lambda: [window.text for window in self._router.account.limiter.windows]
        )

    @quotas.setter
    def quotas(self, quotas: Iterable[str]) -> None:
        self._call_on_loop(lambda: self._router.account.set_quotas(list(quotas)))

    def reset(self) -> None:
        """Forget everything received; failures and rate limits stay, and count from zero."""
        self._call_on_loop(self._router.account.reset)

    def start(self) -> None:
        """Listen.

        Raises:
            OSError: Where the port is taken.
        """
        ready: Future[int] = Future()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._run(ready)), name="sandbox", daemon=True
        )
        self._thread.start()
        try:
            self.port = ready.result()
        except BaseException:
            self._thread.join()
            raise

    def stop(self) -> None:
        """Stop listening, drop every connection, and end the thread. What arrived stays."""
        if self._loop and self._stop and self._thread:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()
            self._loop = self._stop = self._thread = None

    def __enter__(self) -> Sandbox:  # noqa: PYI034 - Self is not in Python 3.10's typing
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    async def _run(self, ready: Future[int]) -> None:
        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(
                lambda: Connection(self._router), self._host, self.port, backlog=BACKLOG
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, `start` waits for it
            ready.set_exception(error)
            return
        self._loop, self._stop = loop, asyncio.Event()
        ready.set_result(server.sockets[0].getsockname()[1])
        await self._stop.wait()
        server.close()
        while self._router.channels:
            for channel in tuple(self._router.channels):
                channel.abort()
            await asyncio.sleep(0)
        await server.wait_closed()

    def _call_on_loop(self, question: Callable[[], T]) -> T:
        """Run a function on the loop's thread, so that nothing is read half-changed."""
        if self._loop is None:
            return question()

        async def ask() -> T:
            return question()

        return asyncio.run_coroutine_threadsafe(ask(), self._loop).result()
