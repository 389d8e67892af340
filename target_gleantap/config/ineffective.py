"""Settings that say something which, beside the others, changes nothing. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from target_gleantap import destinations
from target_gleantap.config.config import Config
from target_gleantap.config.declared import SETTINGS, VENDOR
from target_gleantap.config.kinds import convert, is_absent
from target_gleantap.contract import Setting

_NEED = {
    "max_rejects": "on_reject",
    "quota_name": "quota_url",
    "quota_runs": "quota_url",
    "ledger_mode": "ledger_url",
    "on_event_conflict": "ledger_url",
    "max_removals": "ledger_url",
}
"""What each of them needs: a setting that is set at all, or `on_reject` to be `quarantine`."""
_CREDENTIALS = frozenset(
    name
    for destination in map(destinations.load, destinations.names())
    for name in (*destination.credentials, *destination.account)
)
"""They may stand in one environment for several vendors."""


def without_effect(raw: Mapping[str, Any], config: Config) -> Iterator[str]:
    """Tell of each, in a sentence. No fault: one config may serve several pipelines.

    Args:
        raw: Settings as they were given; one that is given as its default is not told of.
        config: What they came to.
    """
    given = [setting.name for setting in SETTINGS if _says_something(setting, raw)]
    own = {setting.name for setting in config.destination.settings}
    others = {setting.name for setting in VENDOR} - own - _CREDENTIALS
    for name in given:
        needed = _NEED.get(name)
        if needed == "on_reject" and config.on_reject != "quarantine":
            yield f"{name} changes nothing without on_reject: quarantine."
        elif needed in ("quota_url", "ledger_url") and getattr(config, needed) is None:
            yield f"{name} changes nothing without {needed}."
        elif name in others:
            yield f"{name} changes nothing here: it is no setting of {config.destination.title}."


def _says_something(setting: Setting, raw: Mapping[str, Any]) -> bool:
    value = raw.get(setting.name)
    return not is_absent(value) and convert(setting, value)[0] != setting.default
