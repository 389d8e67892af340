"""The values that a ledger returns and takes. Needs no database, so it costs nothing to import."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from target_gleantap.ledger.fingerprints import KeyHasher


@dataclass(frozen=True, slots=True)
class Source:
    """A mapping of a stream, as the ledger identifies it.

    Attributes:
        id: Its number.
        keys: Hashes the keys of what it delivers.
    """

    id: int
    keys: KeyHasher


class LedgerRow(NamedTuple):
    """What the ledger holds of one contact or event.

    Attributes:
        key: The hash of its key.
        fingerprint: Of the last body delivered; REMOVED after a removal, None while unconfirmed.
        kept: What is kept of the vendor's response, as JSON, or None.
        seen: The day on which it last came, as far as that is kept.
    """

    key: bytes
    fingerprint: bytes | None
    kept: str | None
    seen: int

    @property
    def answers(self) -> Mapping[str, str]:
        """What is kept of the vendor's response, by name."""
        return json.loads(self.kept) if self.kept else {}


@dataclass(frozen=True, slots=True)
class Mark:
    """The note that something was delivered.

    Attributes:
        key: The hash of its key.
        fingerprint: Of its body, or REMOVED; None where more of the same key is under way.
        kept: What is kept of the vendor's response.
    """

    key: bytes
    fingerprint: bytes | None
    kept: Mapping[str, str]
