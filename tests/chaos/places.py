"""Where runs take place: networks and machines that have something wrong with them."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import trustme
from stage import Stage

HOST = "127.0.0.1"
SMALL_BLOCKS = 32
LEDGER_BLOCKS = 128
STATES_ROOM = 150
"""Bytes: room for three states and a part of the next."""


@contextmanager
def here(_stage: Stage) -> Iterator[None]:
    """As it should be."""
    yield


def _at(stage: Stage, url: str) -> None:
    stage.settings = {**stage.settings, "base_url": url}


@contextmanager
def nobody_listens(stage: Stage) -> Iterator[None]:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        _at(stage, f"http://{HOST}:{taken.getsockname()[1]}")
        yield


@contextmanager
def no_such_host(stage: Stage) -> Iterator[None]:
    _at(stage, "https://api.example.invalid")
    yield


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


class Front:
    """A port in front of the vendor; with a certificate it speaks TLS."""

    def __init__(self, port: int, context: ssl.SSLContext | None) -> None:
        self._behind = port
        self._context = context
        self._listener = socket.create_server((HOST, 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            line = self._context.wrap_socket(client, server_side=True) if self._context else client
            with line, socket.create_connection((HOST, self._behind)) as behind:
                back = threading.Thread(target=_pump, args=(behind, line), daemon=True)
                back.start()
                _pump(line, behind)
                back.join()


@contextmanager
def _front(stage: Stage, host: str, certificate: trustme.LeafCert | None) -> Iterator[None]:
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
    front = Front(stage.sandbox.port, context)
    _at(stage, f"https://{host}:{front.port}")
    try:
        yield
    finally:
        front.close()


def _trusted(stage: Stage, authority: trustme.CA) -> None:
    bundle = stage.folder / "authority.pem"
    authority.cert_pem.write_to_path(str(bundle))
    stage.env = {**stage.env, "REQUESTS_CA_BUNDLE": str(bundle)}


@contextmanager
def _tls(
    stage: Stage, *, name: str = "localhost", trusted: bool = True, days: int = 1
) -> Iterator[None]:
    authority = trustme.CA()
    now = datetime.now(timezone.utc)
    until = now + timedelta(days=days)
    since = now - timedelta(days=30)
    if trusted:
        _trusted(stage, authority)
    certificate = authority.issue_cert(name, not_before=since, not_after=until)
    with _front(stage, "localhost", certificate):
        yield


@contextmanager
def another_clock(stage: Stage) -> Iterator[None]:
    """A process whose wall clock can be set: a small library stands before the C library's own."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("a clock that can be set is compiled with cc, which is not here")
    library, clock = stage.folder / "clock.so", stage.folder / "clock"
    source = Path(__file__).with_name("clock.c")
    flags = ["-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"]
    made = subprocess.run([compiler, *flags], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("the clock that can be set cannot be compiled here")
    clock.write_bytes(bytes(8))
    stage.env = {**stage.env, "LD_PRELOAD": str(library), "CHAOS_CLOCK": str(clock)}
    yield


def _limited(stage: Stage, blocks: int) -> None:
    """No file may grow past so many kB: to who writes it, that is a full disk."""
    stage.wrapper = ("bash", "-c", f'ulimit -f {blocks}; exec "$@"', "bash")


@contextmanager
def a_small_disk(stage: Stage) -> Iterator[None]:
    _limited(stage, SMALL_BLOCKS)
    yield


@contextmanager
def a_disk_for_a_ledger(stage: Stage) -> Iterator[None]:
    _limited(stage, LEDGER_BLOCKS)
    yield


@contextmanager
def a_small_disk_for_states(stage: Stage) -> Iterator[None]:
    _limited(stage, SMALL_BLOCKS)
    stage.stdout = stage.folder / "states"
    stage.stdout.write_bytes(b"\n" * (SMALL_BLOCKS * 1024 - STATES_ROOM))
    yield


PLACES: Mapping[str, Callable[[Stage], object]] = {
    "here": here,
    "nobody listens": nobody_listens,
    "no such host": no_such_host,
    "tls, trusted": _tls,
    "tls, unknown": lambda stage: _tls(stage, trusted=False),
    "tls, another host": lambda stage: _tls(stage, name="elsewhere.example.com"),
    "tls, expired": lambda stage: _tls(stage, days=-1),
    "tls, plain": lambda stage: _front(stage, "localhost", None),
    "another clock": another_clock,
    "a small disk": a_small_disk,
    "a disk for a ledger": a_disk_for_a_ledger,
    "a small disk for states": a_small_disk_for_states,
}
