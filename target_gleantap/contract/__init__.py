"""What a destination declares: facts about a vendor, as data, and the few functions they need.

destination   a vendor's API as a whole: `Destination`
resource      one kind of thing that it takes, and the keywords of its body schema: `Resource`
answers       how an answer is read, and the table of statuses: `Reading`
identifier    what tells whose record a body is: `Identifier`
quota         how many requests may leave in a time: `Quota`
setting       a setting as it is declared: `Setting`

This package knows no vendor and imports nothing but the standard library and `model`. A
destination is a folder under `destinations/` whose package holds one `DESTINATION`.
"""

from __future__ import annotations

from target_gleantap.contract.answers import STATUSES, Read, Reading, Step, Verdict, read_status
from target_gleantap.contract.destination import Destination, Probe
from target_gleantap.contract.identifier import Identifier, IdentifierKind
from target_gleantap.contract.quota import Quota
from target_gleantap.contract.resource import (
    SOUGHT,
    Bulk,
    Cardinality,
    Removal,
    Resource,
    Search,
    Voids,
)
from target_gleantap.contract.setting import Inspection, Setting

__all__ = [
    "SOUGHT",
    "STATUSES",
    "Bulk",
    "Cardinality",
    "Destination",
    "Identifier",
    "IdentifierKind",
    "Inspection",
    "Probe",
    "Quota",
    "Read",
    "Reading",
    "Removal",
    "Resource",
    "Search",
    "Setting",
    "Step",
    "Verdict",
    "Voids",
    "read_status",
]
