"""The command line: the Singer command as singer-sdk makes it, and subcommands beside it.

    target-gleantap --config config.json < messages
    target-gleantap check --config config.json

Exit codes: 0, those of `errors`, 2 also for a wrong option, 70 for what nobody expected
(EX_SOFTWARE of sysexits.h), 128 + its number for a signal.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, NoReturn, TextIO

import click
from click.shell_completion import CompletionItem

from target_gleantap.config.files import ENVIRONMENT, read_config
from target_gleantap.errors import DISK_FULL, LocalError, TargetError, did_you_mean
from target_gleantap.telemetry.logs import LOGGER, check_level, log_unexpected, make_discreet

NAME = "target-gleantap"
UNEXPECTED = 70
INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Subcommand:
    """A subcommand that is imported when it is called.

    Attributes:
        module: Where its click command stands, under the subcommand's own name.
        title: What it does, for the list of subcommands.
        extra: The extra of this package that it needs, or empty.
    """

    module: str
    title: str
    extra: str = ""


SUBCOMMANDS: Mapping[str, Subcommand] = {
    "sandbox": Subcommand(
        "target_gleantap.sandbox.cli",
        "Serve a local stand-in for the vendors' APIs.",
        extra="sandbox",
    ),
    "check": Subcommand(
        "target_gleantap.workbench.cli",
        "Find everything that is wrong with a config and its mappings.",
    ),
    "preview": Subcommand(
        "target_gleantap.workbench.cli",
        "Show what a run would send, and send nothing.",
    ),
    "scaffold": Subcommand(
        "target_gleantap.workbench.cli",
        "Propose a config with a mapping for each stream of a tap.",
    ),
    "ledger": Subcommand(
        "target_gleantap.ledger.cli",
        "Look into the ledger of what was delivered, or forget some of it.",
    ),
}

HELP = f"""Deliver the records of a Singer tap to an API of contacts and events.

Without a subcommand this is a Singer target: messages come in on stdin, states go out on stdout.

\b
  tap-jsonl --config tap.json | {NAME} --config config.json
  TARGET_GLEANTAP_API_KEY=… {NAME} --config config.json --config ENV --input messages.jsonl
"""


class Cli(click.Group):
    """The Singer command; a first word that is no option names a subcommand."""

    def __init__(self, singer: click.Command) -> None:
        super().__init__(
            name=NAME,
            params=singer.params,
            callback=singer.callback,
            invoke_without_command=True,
            help=HELP,
            subcommand_metavar="[SUBCOMMAND …]",
            context_settings=singer.context_settings,
        )

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Name the subcommands, without importing one."""
        return list(SUBCOMMANDS)

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the subcommands, without importing one."""
        with formatter.section("Subcommands"):
            formatter.write_dl([(name, each.title) for name, each in SUBCOMMANDS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Offer the subcommands, without importing one, and the options."""
        named = SUBCOMMANDS.items()
        offered = [
            CompletionItem(name, help=each.title)
            for name, each in named
            if name.startswith(incomplete)
        ]
        return [*offered, *click.Command.shell_complete(self, ctx, incomplete)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a subcommand.

        Raises:
            click.UsageError: Where no subcommand has this name, or what it needs is not installed.
        """
        known = SUBCOMMANDS.get(cmd_name)
        if known is None:
            hint = did_you_mean(cmd_name, SUBCOMMANDS) or f"There are: {', '.join(SUBCOMMANDS)}."
            raise click.UsageError(f"No subcommand is named {cmd_name!r}. {hint.capitalize()}", ctx)
        try:
            command: click.Command = getattr(import_module(known.module), cmd_name)
        except ModuleNotFoundError as missing:
            if not known.extra or (missing.name or "").startswith("target_gleantap"):
                raise
            hint = f"pip install '{NAME}[{known.extra}]'"
            message = f"{cmd_name} needs the package {missing.name}: {hint}"
            raise click.UsageError(message, ctx) from missing
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the subcommand, and see to it that the Singer command does not run beside it."""
        given = list(_given(ctx))
        if given:
            message = f"{', '.join(given)}: write the options of a subcommand after its name"
            raise click.UsageError(message, ctx)
        found = super().resolve_command(ctx, args)
        self.callback = None
        return found


def _given(ctx: click.Context) -> Iterator[str]:
    """The options that were written, as they are written: singer-sdk's names differ."""
    for param in ctx.command.params:
        name = param.name or ""
        if ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            yield param.opts[0]


def _read_config_option(ctx: click.Context, option: Any, value: tuple[str, ...]) -> Any:
    """Stand in for singer-sdk's reading of --config, which ends in tracebacks and echoes values."""
    from target_gleantap.target import TargetGleantap  # noqa: PLC0415 - slow, and not always needed

    given = TargetGleantap.cb_config(ctx, option, ())
    given.config = read_config(value, os.environ)
    given.parse_env = ENVIRONMENT in value
    return given


def command() -> Cli:
    """The whole command line; sets up logging, as singer-sdk does when its command is made.

    Raises:
        ConfigError: Where the environment names a log level that does not exist.
    """
    check_level(os.environ)
    from target_gleantap.target import TargetGleantap  # noqa: PLC0415 - slow

    singer: click.Command = TargetGleantap.cli
    make_discreet()
    for param in singer.params:
        if param.name == "config":
            param.callback = _read_config_option
    return Cli(singer)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and tell its exit code; every fault becomes a message on stderr."""
    try:
        code = _called(arguments)
    except TargetError as stop:
        LOGGER.error("%s", stop)
        return stop.exit_code
    except click.ClickException as wrong:
        wrong.show()
        return wrong.exit_code
    except click.Abort:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - whatever it is, its message must not be printed
        return _unforeseen(error)
    return code if isinstance(code, int) else 0


def _called(arguments: Sequence[str] | None) -> Any:
    """Call the command; what it wrote has left when this returns."""
    try:
        code = command().main(arguments, prog_name=NAME, standalone_mode=False)
    except SystemExit as ended:  # singer-sdk's own way to end --about
        code = ended.code
    if sys.stdout is not None and not sys.stdout.closed:
        sys.stdout.flush()
    return code


def _unforeseen(error: Exception) -> int:
    """Tell of an exception that has no words of its own, and give its exit code.

    States and files have: what cannot be written here is what a subcommand has to show.
    """
    if isinstance(error, OSError) and error.errno in (errno.EPIPE, *DISK_FULL):
        LOGGER.error("stdout cannot be written (%s).", error.strerror)
        return LocalError.exit_code
    log_unexpected(error)
    return UNEXPECTED


def _fill_descriptors() -> None:
    """Put the null device where a standard stream is closed.

    Else the next file or connection takes its number, and what is meant for the log goes there.
    """
    opened = os.open(os.devnull, os.O_RDWR)
    while opened <= 2:  # noqa: PLR2004 - stderr; the lowest free number is taken
        opened = os.open(os.devnull, os.O_RDWR)
    os.close(opened)
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace")


def _let_go_of(descriptor: int, stream: TextIO | None) -> None:
    """Have what a standard stream still holds go to the null device where nobody takes it.

    Else Python tries once more when it ends, and makes 120 of whatever the exit code was
    (docs.python.org, library/sys.html#sys.exit). Whether the states were written is known by then.
    """
    try:
        if stream is not None and not stream.closed:
            stream.flush()
    except OSError:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, descriptor)
        os.close(null)


def main() -> NoReturn:
    """Be the process: run, and exit with the code."""
    _fill_descriptors()
    code = run()
    _let_go_of(1, sys.stdout)
    _let_go_of(2, sys.stderr)
    sys.exit(code)
