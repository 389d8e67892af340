"""Klaviyo's API revisions, and what came with each: data, and nothing but data.

Source: <https://github.com/klaviyo/openapi>, one branch for each revision, `openapi/stable.json` on
it, and for 2026-10-15 the vendor's SDK klaviyo-api 25.0.0; read in November 2026. How long a
revision lives: <https://developers.klaviyo.com/en/docs/api_versioning_and_deprecation_policy>.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

KNOWN = (
    "2022-10-17",
    "2023-01-24",
    "2023-02-22",
    "2023-06-15",
    "2023-07-15",
    "2023-08-15",
    "2023-09-15",
    "2023-10-15",
    "2023-12-15",
    "2024-02-15",
    "2024-05-15",
    "2024-06-15",
    "2024-07-15",
    "2024-10-15",
    "2025-01-15",
    "2025-04-15",
    "2025-07-15",
    "2025-10-15",
    "2026-01-15",
    "2026-04-15",
    "2026-07-15",
    "2026-10-15",
)
NEWEST = KNOWN[-1]
OPT_OUT_HEADER = "X-Klaviyo-Revision-Fall-Forward-Opt-Out"
"""With `1`, a revision out of service is refused (410) instead of being read as a newer one."""

NESTED_SINCE = "2023-07-15"
"""`profile` and `metric` are JSON:API objects; before, flat with `$email` and its like."""
PROFILE_BULK_SINCE = "2023-12-15"
PROFILE_IMPORT_SINCE = "2024-02-15"
EVENT_BULK_SINCE = "2024-05-15"
JSON_API_SINCE = "2024-10-15"
"""`application/vnd.api+json`, and paths without a slash at their end."""
MORE_PROPERTIES_SINCE = "2025-04-15"
OLDER_TIMES_SINCE = "2026-07-15"
YEARS_OF_LIFE = 2
"""A year as a stable revision, and one as a deprecated one."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision. Its name is its date, so that names compare as dates do."""

    name: str

    @property
    def flat(self) -> bool:
        """Whether an event's profile and metric are flat."""
        return self.name < NESTED_SINCE

    @property
    def media_type(self) -> str:
        """What bodies are sent as."""
        return "application/json" if self.name < JSON_API_SINCE else "application/vnd.api+json"

    def path(self, path: str) -> str:
        """An address as the revision writes it."""
        return f"{path}/" if self.name < JSON_API_SINCE else path

    @property
    def most_properties(self) -> int:
        """How many properties an event may have."""
        return 300 if self.name < MORE_PROPERTIES_SINCE else 400

    @property
    def first_year(self) -> int:
        """The year that an event may be of at the earliest."""
        return 2000 if self.name < OLDER_TIMES_SINCE else 1990

    @property
    def retired_on(self) -> date:
        """The day from which the vendor's policy has it out of service."""
        released = date.fromisoformat(self.name)
        return released.replace(year=released.year + YEARS_OF_LIFE)
