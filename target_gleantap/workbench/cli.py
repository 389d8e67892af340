"""The commands of the workbench."""

from __future__ import annotations

import os
import shutil

import click

from target_gleantap import config as settings
from target_gleantap import destinations
from target_gleantap.config.files import read_config
from target_gleantap.errors import ConfigError
from target_gleantap.workbench.check import check as checking
from target_gleantap.workbench.check.output import FORMATS
from target_gleantap.workbench.check.places import Places
from target_gleantap.workbench.dry_target import STDIN, quiet
from target_gleantap.workbench.preview import output_json as preview_json
from target_gleantap.workbench.preview import output_text as preview_text
from target_gleantap.workbench.preview import preview as previewing
from target_gleantap.workbench.scaffold import output_yaml as scaffold_text
from target_gleantap.workbench.scaffold import scaffold as scaffolding

CONFIG = click.option(
    "--config",
    "configs",
    multiple=True,
    required=True,
    metavar="FILE",
    help="The config, JSON or YAML, or ENV for the environment; may be repeated, later ones win.",
)
SHOW_VALUES = click.option("--show-values", is_flag=True, help="Show values, personal ones too.")


def examples(*arguments: str) -> str:
    """The end of a help text; the first mark keeps click from joining the lines."""
    lines = (f"  target-gleantap {each}" for each in arguments)
    return "\n".join(("\b", "Examples:", *lines))


def show(text: str) -> None:
    """Write a report to stdout: these commands have no states to write there."""
    click.echo(text)


@click.command(
    epilog=examples(
        "check --config config.yml",
        "check --config config.yml --input tap-output.singer",
        "check --config config.yml --catalog catalog.json --format github",
        "check --config config.yml --config ENV --online",
    )
)
@CONFIG
@click.option(
    "--input",
    "inputs",
    multiple=True,
    metavar="FILE",
    help="A tap's output, whose SCHEMA messages the mappings are held against; - for stdin.",
)
@click.option("--catalog", metavar="FILE", help="A tap's catalog, taken like its SCHEMA messages.")
@click.option(
    "--online", is_flag=True, help="Ask the vendor's API, too, by a request that changes nothing."
)
@click.option("--format", "form", type=click.Choice(list(FORMATS)), default="text")
@SHOW_VALUES
@click.pass_context
def check(
    ctx: click.Context,
    *,
    configs: tuple[str, ...],
    inputs: tuple[str, ...],
    catalog: str | None,
    online: bool,
    form: str,
    show_values: bool,
) -> None:
    """Find everything that is wrong with a config and its mappings, at once.

    Needs no network and no credentials, unless --online asks for both. Exit codes: 0 without
    faults, 2 with any, 3 where only the vendor's API is in the way.
    """
    with quiet():
        try:
            raw = read_config(configs, os.environ)
            report = checking.check(
                raw, inputs=inputs, catalog=catalog, online=online, show_values=show_values
            )
        except ConfigError as refused:
            report = checking.Report(faults=list(refused.faults))
        show(FORMATS[form](report, Places(configs)))
    ctx.exit(report.exit_code)


@click.command(
    epilog=examples(
        "preview --config config.yml --input tap-output.singer",
        "preview --config config.yml --input tap-output.singer --explain 1001 --show-values",
        "preview --config config.yml --input tap-output.singer --format json",
        "preview --config config.yml < tap-output.singer",
    )
)
@CONFIG
@click.option(
    "--input", "path", default="-", metavar="FILE", help="A tap's output; stdin by default."
)
@click.option(
    "--explain",
    metavar="KEY",
    default="",
    help="Follow one record through every rule, by its key; several key properties are joined "
    "by commas.",
)
@click.option(
    "--limit",
    default=2,
    show_default=True,
    type=click.IntRange(min=0),
    help="How many bodies to show of each mapping.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@SHOW_VALUES
@click.pass_context
def preview(
    ctx: click.Context,
    *,
    configs: tuple[str, ...],
    path: str,
    explain: str,
    limit: int,
    form: str,
    show_values: bool,
) -> None:
    """Show what a run would send, and send nothing.

    Needs no network and no credentials. Letters are shown as x and digits as 9, unless
    --show-values. Ends with the exit code that a run would have: 1 where records are rejected.
    """
    with quiet():
        seen = previewing.preview(
            read_config(configs, os.environ),
            path,
            limit=limit,
            explain=explain,
            show_values=show_values,
        )
    width = shutil.get_terminal_size((120, 24)).columns
    show(preview_json.as_json(seen) if form == "json" else preview_text.as_text(seen, width))
    ctx.exit(seen.exit_code)


@click.command(
    epilog=examples(
        "scaffold --input tap-output.singer > config.yml",
        "scaffold --catalog catalog.json --destination klaviyo > config.yml",
        "scaffold < tap-output.singer > config.yml",
    )
)
@click.option("--input", "path", metavar="FILE", help="A tap's output; stdin by default.")
@click.option("--catalog", metavar="FILE", help="A tap's catalog, beside its output or alone.")
@click.option(
    "--destination",
    default=settings.DEFAULT_DESTINATION,
    show_default=True,
    type=click.Choice(destinations.names()),
    help="Whose contract to fill.",
)
def scaffold(*, path: str | None, catalog: str | None, destination: str) -> None:
    """Propose a config with a mapping for each stream, every line with what speaks for it.

    Reads SCHEMA messages, and the values of up to 1,000 records of each stream. Nothing of a
    record stands in what it writes.
    """
    named = destinations.load(destination)
    given = path if path is not None or catalog is not None else STDIN
    show(scaffold_text.as_yaml(scaffolding.scaffold(named, given, catalog), named).rstrip("\n"))
