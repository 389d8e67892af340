"""The commands of the workbench."""

from __future__ import annotations

import os

import click

from target_gleantap.config_files import read_config
from target_gleantap.errors import ConfigError
from target_gleantap.workbench import check as checking
from target_gleantap.workbench.dry import quiet
from target_gleantap.workbench.places import Places
from target_gleantap.workbench.reports import FORMATS

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
