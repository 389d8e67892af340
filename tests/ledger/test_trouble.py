"""A ledger that cannot be used: said clearly, before anything is sent or with nothing lost."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import threading
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import psycopg
import pytest
from gym import SCHEMAS, member, state
from runs import run_as_process

from target_gleantap.errors import LocalError
from target_gleantap.ledger.connect import open_ledger

ROOM = 128 * 1024
"""Bytes that a ledger is opened in, and soon fills."""
MANY = [*SCHEMAS, *(member(number) for number in range(30)), state(bookmark=1)]


@pytest.fixture
def run_at_once(settings):
    """Run the target as a process, where it may end before there is anything to sum up."""

    def run_at_once(messages, **values):
        return run_as_process(settings(**values), messages)

    return run_at_once


def path_of(url):
    return Path(url.removeprefix("sqlite:///"))


def refused(run, sandbox, *said, code=5):
    assert run.exit_code == code, run.stderr
    for words in said:
        assert words in run.stderr
    assert (sandbox.requests, run.states) == ([], [])


# --- SQLite: before anything is sent


def test_a_file_that_is_no_ledger(run_at_once, sandbox, sqlite):
    path_of(sqlite).write_bytes(b"These are no tables. " * 1000)
    refused(run_at_once(MANY, ledger_url=sqlite), sandbox, "not a database", "put a copy back")


def test_a_damaged_ledger(run_target, run_at_once, sandbox, sqlite):
    run_target([*SCHEMAS, *(member(number) for number in range(2000))], ledger_url=sqlite)
    sandbox.reset()
    path = path_of(sqlite)
    data = bytearray(path.read_bytes())
    data[4096:] = b"\x5a" * (len(data) - 4096)
    path.write_bytes(data)
    refused(run_at_once(MANY, ledger_url=sqlite), sandbox, "malformed")


def test_a_ledger_that_another_process_holds(run_at_once, sandbox, run_target, sqlite):
    run_target(SCHEMAS, ledger_url=sqlite)
    with closing(sqlite3.connect(path_of(sqlite))) as other:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        run = run_at_once(MANY, ledger_url=sqlite, ledger_wait_seconds=1)
    refused(run, sandbox, "locked", "another process")


def test_a_ledger_of_a_newer_version(run_target, run_at_once, sandbox, ledger):
    run_target(SCHEMAS, **ledger)
    newer = "UPDATE ledger_meta SET value = '99' WHERE name = 'version'"
    if ledger["ledger_url"].startswith("sqlite"):
        with closing(sqlite3.connect(path_of(ledger["ledger_url"]))) as database:
            database.execute(newer)
            database.commit()
    else:
        with psycopg.connect(ledger["ledger_url"], autocommit=True) as database:
            database.execute(newer)
    run = run_at_once(MANY, **ledger)
    refused(run, sandbox, "written by a newer release", "version 99", code=2)


def test_another_secret_than_the_one_it_was_made_with(run_target, run_at_once, sandbox, ledger):
    run_target(SCHEMAS, **ledger)
    run = run_at_once(MANY, **{**ledger, "ledger_secret": "another-secret-of-ours"})
    refused(run, sandbox, "is not the one that this ledger was created with", code=2)
    assert "another-secret-of-ours" not in run.stderr


def test_a_secret_that_others_can_read(run_target, run_at_once, sandbox, sqlite):
    run_target(SCHEMAS, ledger_url=sqlite)
    path = path_of(sqlite)
    path.with_name(f"{path.name}.secret").chmod(0o644)
    refused(run_at_once(MANY, ledger_url=sqlite), sandbox, "chmod 600")


@pytest.fixture
def elsewhere():
    """A folder outside of pytest's own, which only its owner may enter."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@contextmanager
def somebody_else():
    """Not root, who may do anything."""
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_wrong_permissions(elsewhere):
    path = elsewhere / "ledger.db"
    with somebody_else(), pytest.raises(LocalError, match="cannot be created: Permission denied"):
        open_ledger(f"sqlite:///{path}")
    open_ledger(f"sqlite:///{path}").close()
    with somebody_else(), pytest.raises(LocalError, match="cannot be read: check its permissions"):
        open_ledger(f"sqlite:///{path}")
    path.chmod(0o644)
    with somebody_else(), pytest.raises(LocalError, match="cannot be written: check its perm"):
        open_ledger(f"sqlite:///{path}")
    path.chmod(0o666)
    with somebody_else(), pytest.raises(LocalError, match=r"secret .* cannot be read or made"):
        open_ledger(f"sqlite:///{path}")
    with (
        somebody_else(),
        pytest.raises(LocalError, match="permissions, and those of its folder"),
    ):
        open_ledger(f"sqlite:///{path}", "a-secret-of-the-tests")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://host/ledger", "is no address of a ledger"),
        ("ledger.db", "is no address of a ledger"),
        ("sqlite://", "names no file"),
        ("sqlite://ledger.db", "ledger_url: has too few slashes for the path of a file (three"),
        ("postgresql://user:canary@host/db", "ledger_secret: is required for PostgreSQL"),
    ],
)
def test_an_address_that_cannot_be_one(run_at_once, sandbox, url, said):
    run = run_at_once(MANY, ledger_url=url)
    refused(run, sandbox, said, code=2)
    assert "canary" not in run.stderr


def test_a_folder_in_the_place_of_the_file(tmp_path):
    with pytest.raises(LocalError, match="is a folder: write the name of a file behind it"):
        open_ledger(f"sqlite:///{tmp_path}")


def test_a_server_that_is_not_there(run_at_once, sandbox):
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    url = f"postgresql://user:canary@127.0.0.1:{port}/db"
    run = run_at_once(MANY, ledger_url=url, ledger_secret="a-secret-of-the-tests")  # noqa: S106
    refused(run, sandbox, "The ledger cannot be opened", "whether the server in ledger_url is up")
    assert "canary" not in run.stderr


# --- half-way


def held_and_resumed(run, again, sandbox, count=30):
    """The run ended with nothing lost; the next one delivers the rest, and little twice."""
    assert run.exit_code == 5, run.stderr
    assert "The ledger cannot be" in run.stderr
    assert "last processed record" in run.stderr
    assert run.states == []
    run.assert_balanced()
    assert again.exit_code == 0, again.stderr
    assert again.states == [{"bookmark": 1}]
    ids = {contact["fields"]["user_id"] for contact in sandbox.contacts}
    assert ids == {f"m{number}" for number in range(count)}


def test_a_full_disk(run_command, sandbox, tmp_path):
    """A small file system that is all but full."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("only root can mount a small file system")
    try:
        url = f"sqlite:///{disk / 'ledger.db'}"
        assert run_command(SCHEMAS, ledger_url=url).exit_code == 0
        filler = disk / "filler"
        with suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(b"\0" * 4096)
        os.truncate(filler, filler.stat().st_size - ROOM)
        messages = [*SCHEMAS, *(member(n) for n in range(2000)), state(bookmark=1)]
        run = run_command(messages, ledger_url=url)
        assert "make room" in run.stderr, run.stderr
        filler.unlink()
        subprocess.run(["mount", "-o", "remount,size=8m", str(disk)], check=True)
        again = run_command(messages, ledger_url=url)
        held_and_resumed(run, again, sandbox, 2000)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


class Door:
    """A way to a server that can be shut while connections are open."""

    def __init__(self, host, port):
        self._to = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._open = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self):
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._to)
                self._open += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=(source, sink), daemon=True).start()

    @staticmethod
    def _pass(source, sink):
        with suppress(OSError):
            while data := source.recv(1 << 16):
                sink.sendall(data)

    def shut(self):
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for end in self._open:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._thread.join()


def test_a_database_that_goes_away_half_way(start, run_target, sandbox, postgres):
    there = psycopg.conninfo.conninfo_to_dict(postgres)
    door = Door(there["host"], int(there["port"]))
    through = postgres.replace(f":{there['port']}/", f":{door.port}/")
    secret = {"ledger_secret": "a-secret-of-the-tests"}
    sandbox.faults = [{"fault": "latency", "seconds": 0.1}]
    process = start(ledger_url=through, **secret, max_in_flight=2)
    process.write(MANY)
    while len(sandbox.requests) < 10:
        pass
    door.shut()
    run = process.wait()
    sandbox.faults = []
    held_and_resumed(run, run_target(MANY, ledger_url=postgres, **secret), sandbox)


def test_a_server_that_ends_the_session(start, run_target, sandbox, postgres):
    secret = {"ledger_secret": "a-secret-of-the-tests"}
    sandbox.faults = [{"fault": "latency", "seconds": 0.1}]
    process = start(ledger_url=postgres, **secret, max_in_flight=2)
    process.write(MANY)
    while len(sandbox.requests) < 10:
        pass
    # Its own sessions only: other tests run at the same time, on the same server.
    ports = [each.laddr.port for each in psutil.Process(process._popen.pid).net_connections("tcp")]
    with psycopg.connect(postgres, autocommit=True) as database:
        database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE client_port = ANY(%s)",
            (ports,),
        )
    run = process.wait()
    sandbox.faults = []
    held_and_resumed(run, run_target(MANY, ledger_url=postgres, **secret), sandbox)
