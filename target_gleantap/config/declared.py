"""Every setting, described once: `--about`, meltano.yml, the docs and the checks all read this."""

from __future__ import annotations

from dataclasses import replace

from target_gleantap import destinations
from target_gleantap.config.settings import GENERAL
from target_gleantap.config.singer_settings import SINGER
from target_gleantap.contract import Setting

ENV_PREFIX = "TARGET_GLEANTAP_"


def _merged(name: str, declared: dict[str, Setting]) -> Setting:
    """One setting out of those that several destinations declare by one name.

    Args:
        name: The setting's name.
        declared: Destination title to its declaration; at least one.
    """
    first, *others = declared.values()
    alike = all(other.default == first.default for other in others)
    closed = all(setting.choices for setting in declared.values())
    choices = [choice for setting in declared.values() for choice in setting.choices]
    by_all = len(declared) == len(destinations.names()) and all(
        setting.required for setting in declared.values()
    )
    return replace(
        first,
        name=name,
        description=" ".join(
            f"{title}{' (required)' if each.required and not by_all else ''}: {each.description}"
            for title, each in declared.items()
        ),
        default=first.default if alike else None,
        choices=tuple(dict.fromkeys(choices)) if closed else (),
        secret=any(setting.secret for setting in declared.values()),
        required=by_all,
    )


def _vendor_settings() -> tuple[Setting, ...]:
    declared: dict[str, dict[str, Setting]] = {}
    for destination in map(destinations.load, destinations.names()):
        for setting in destination.settings:
            declared.setdefault(setting.name, {})[destination.title] = setting
    return tuple(_merged(name, by_title) for name, by_title in declared.items())


VENDOR: tuple[Setting, ...] = _vendor_settings()
"""What destinations declare. One that every destination requires is required."""

SETTINGS: tuple[Setting, ...] = (*GENERAL[:2], *VENDOR, *GENERAL[2:], *SINGER)
"""All settings, in the order in which they are shown."""
