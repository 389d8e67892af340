"""A vendor's API as a whole, and the question that tries its credentials."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from target_gleantap.contract.answers import STATUSES, Step, Verdict
from target_gleantap.contract.quota import Quota
from target_gleantap.contract.resource import Resource
from target_gleantap.contract.setting import Inspection, Setting


@dataclass(frozen=True, slots=True)
class Probe:
    """A request that changes nothing, to see whether the credentials are taken.

    Attributes:
        step: The request.
        taken: Statuses that are no success and yet show that the credentials are known, each with
            what it leaves open, in our words.
    """

    step: Step
    taken: Mapping[int, str] = field(default_factory=dict)


def _nothing_to_say(_vendor: Mapping[str, Any], _today: date) -> Inspection:
    return Inspection()


@dataclass(frozen=True, slots=True)
class Destination:
    """A vendor's API: everything that the way needs to know of it.

    Attributes:
        name: The folder's name, and the value of the `destination` setting.
        title: The vendor's name as people write it.
        base_url: The documented server.
        resources: By name, as they are with the default settings.
        settings: The settings that only this destination reads, credentials included.
        sign: Makes the request headers that carry the credentials out of those settings.
        quotas: The documented limits, for all requests of one account.
        statuses: What a status that is not 2xx means here.
        credentials: The settings to check when the vendor refuses the credentials.
        configure: Gives the destination as its settings make it, where resources, paths or
            quotas depend on them (an API revision, a bulk mode). Takes the settings with their
            defaults, after `inspect` found no fault in them.
        inspect: Checks its own settings as a whole. Takes them and today's date.
        probe: Makes the documented question that changes nothing and shows whether the
            credentials are taken, out of those settings; None where none is documented.
        account: The settings that tell one account from another; the credentials where it is
            empty, so that the ledger starts anew when those change.
    """

    name: str
    title: str
    base_url: str
    resources: Mapping[str, Resource]
    settings: tuple[Setting, ...]
    sign: Callable[[Mapping[str, Any]], Mapping[str, str]]
    quotas: tuple[Quota, ...] = ()
    statuses: Mapping[int, tuple[Verdict, str]] = field(default_factory=lambda: STATUSES)
    credentials: tuple[str, ...] = ()
    configure: Callable[[Destination, Mapping[str, Any]], Destination] = (
        lambda destination, _vendor: destination
    )
    inspect: Callable[[Mapping[str, Any], date], Inspection] = _nothing_to_say
    probe: Callable[[Mapping[str, Any]], Probe] | None = None
    account: tuple[str, ...] = ()

    @property
    def told_apart_by(self) -> tuple[str, ...]:
        """The settings that tell one account from another."""
        return self.account or self.credentials

    @property
    def documents_quotas(self) -> bool:
        """Whether the vendor says how many requests it takes in a time."""
        return bool(self.quotas or any(each.quotas for each in self.resources.values()))
