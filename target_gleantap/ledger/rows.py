"""What is asked of a ledger and told to it. Needs no database, so it costs nothing to import."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from target_gleantap.ledger.fingerprints import Keys


@dataclass(frozen=True, slots=True)
class Source:
    """A mapping of a stream, as the ledger knows it.

    Attributes:
        id: Its number.
        keys: Names what it delivers.
    """

    id: int
    keys: Keys


class Row(NamedTuple):
    """What is known of one thing.

    Attributes:
        key: Its hash.
        fingerprint: Of the last body delivered; REMOVED after a removal, None where in doubt.
        kept: What the vendor answered, as JSON, or None.
        seen: The day on which it last came, as far as that is kept.
    """

    key: bytes
    fingerprint: bytes | None
    kept: str | None
    seen: int

    @property
    def answers(self) -> Mapping[str, str]:
        """What the vendor answered, by name."""
        return json.loads(self.kept) if self.kept else {}


@dataclass(frozen=True, slots=True)
class Mark:
    """That something was delivered.

    Attributes:
        key: What.
        fingerprint: Of its body, or REMOVED; None where more of the same key is on its way.
        kept: What the vendor answered.
    """

    key: bytes
    fingerprint: bytes | None
    kept: Mapping[str, str]
