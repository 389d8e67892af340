"""The command `sandbox`. The server's own imports happen when it runs."""

from __future__ import annotations

import json
import signal
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_gleantap.sandbox.server import Sandbox

NEEDED = ("httptools", "jinja2")
INSTALL = "pip install 'target-gleantap[sandbox]'"


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=8130,
    show_default=True,
    help="Port on 127.0.0.1; 0 for a free one.",
)
@click.option("--destination", default="gleantap", show_default=True, help="The vendor to play.")
@click.option(
    "--quota",
    "quotas",
    multiple=True,
    metavar="N/TIME",
    help="Rate limit to enforce with 429 in place of the documented ones, such as 100/1s or "
    "'2000/1m sliding'. May be repeated.",
)
@click.option(
    "--faults",
    "faults_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JSON file with a list of failures to inject (docs/sandbox.md lists the keys).",
)
@click.option(
    "--latency",
    default="0",
    metavar="SECONDS",
    help="Delay before each response: 0.05, or 0.02-0.2 for a random one.",
)
@click.option(
    "--seed",
    default=0,
    show_default=True,
    help="Seed of the random choices, so that a run can be repeated.",
)
@click.option(
    "--variant", default="", help="The response format, where the vendor's pages show several."
)
@click.option("--api-key", help="The expected API key.")
@click.option("--secret-key", help="The expected secret key.")
@click.option("--app-id", help="The expected app id.")
@click.option(
    "--listen",
    "host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="The address to listen on. Any other than this machine's own needs a token.",
)
@click.option("--token", default="", help="Secret that the pages and /_sandbox/ require.")
@click.option("--quiet", is_flag=True, help="Do not print the address and the credentials.")
def sandbox(
    *,
    port: int,
    destination: str,
    quotas: tuple[str, ...],
    faults_path: Path | None,
    latency: str,
    seed: int,
    variant: str,
    host: str,
    token: str,
    quiet: bool,
    **credentials: str | None,
) -> None:
    """Run a local mock server of the vendor's API, until Ctrl-C.

    It checks keys and bodies against the contract, keeps what arrives, shows it on its web pages
    (the inbox), and injects failures on demand. Nothing leaves this machine.
    """
    served = _make(
        port,
        destination=destination,
        quotas=quotas or None,
        faults=_read_faults(faults_path),
        latency=_read_latency(latency),
        seed=seed,
        variant=variant,
        host=host,
        token=token,
        credentials={name: value for name, value in credentials.items() if value},
    )
    with _stopped_by_signals() as stopped:
        _start(served)
        try:
            if not quiet:
                click.echo(_greeting(served), err=True)
            while not stopped.wait(1):  # on Windows a wait without end cannot be interrupted
                pass
        finally:
            served.stop()


def _make(port: int, **options: Any) -> Sandbox:
    try:
        from target_gleantap.sandbox.server import Sandbox  # noqa: PLC0415 - needs the extra
    except ModuleNotFoundError as error:
        if error.name not in NEEDED:
            raise
        raise click.ClickException(f"The sandbox needs an extra: {INSTALL}") from error
    from target_gleantap.sandbox.vendors import names  # noqa: PLC0415 - the same

    if options["destination"] not in names():
        raise click.UsageError(f"--destination must be one of: {', '.join(names())}")
    try:
        return Sandbox(port, **options)
    except ValueError as error:  # quotas and fault rules that cannot be read
        raise click.UsageError(str(error)) from error


def _start(served: Sandbox) -> None:
    try:
        served.start()
    except OSError as error:
        raise click.ClickException(
            f"Cannot listen on port {served.port}: {error.strerror}; choose another with --port"
        ) from error


def _greeting(served: Sandbox) -> str:
    lines = [
        f"The sandbox listens on {served.url} (Ctrl-C stops it).",
        f"Inbox (what has arrived): {served.inbox}",
        "Settings for the target:",
    ]
    settings = {"base_url": served.url, **served.credentials}
    return "\n".join([*lines, *(f"  {name}: {value}" for name, value in settings.items())])


def _read_faults(path: Path | None) -> Any:
    if path is None:
        return []
    try:
        return json.loads(path.read_bytes())
    except ValueError as error:
        raise click.UsageError(f"--faults: {path} is not JSON: {error}") from error


def _read_latency(text: str) -> float | tuple[float, float]:
    low, _, high = text.partition("-")
    try:
        return (float(low), float(high)) if high else float(low)
    except ValueError:
        raise click.UsageError("--latency must be seconds, such as 0.05 or 0.02-0.2") from None


@contextmanager
def _stopped_by_signals() -> Iterator[threading.Event]:
    stopped = threading.Event()
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {one: signal.signal(one, lambda *_: stopped.set()) for one in signals}
    try:
        yield stopped
    finally:
        for one, what in before.items():
            signal.signal(one, what)
