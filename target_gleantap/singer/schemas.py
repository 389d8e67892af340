"""The schemas of a tap's streams: held as text, and compiled where records come.

A tap may have ten thousand streams. A parsed schema takes ten times its text, and a compiled one as
much again, while compiling one takes no longer than the rest of a record's way. So the text stays,
and what is compiled goes when there is too much of it.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from target_gleantap.exact_json.codec import encode_json
from target_gleantap.validation.checker import Checker

COMPILED_BYTES = 1_000_000
"""How much text may be held compiled, which takes some ten times as much."""
OLDEST_ONCE_IN = 8
"""Which of those that must go is the oldest."""


def schema_text(schema: Mapping[str, Any]) -> bytes:
    """Give a schema as JSON text, of which `decode_json` makes the same again."""
    try:
        return _shared(encode_json(schema))
    except ValueError:  # a lone surrogate or a NaN, which Python's own JSON has
        return json.dumps(schema, default=float).encode()


@lru_cache(maxsize=16)  # few: what is in here stays, however large it is
def _shared(text: bytes) -> bytes:
    """Give the text that came before, where an equal one did: many streams may share a schema."""
    return text


class Checkers:
    """Checkers by the text of their schema.

    Args:
        most: How many bytes of text may be held compiled.
    """

    def __init__(self, most: int = COMPILED_BYTES) -> None:
        self._most = most
        self._size = 0
        self._gone = 0
        self._checkers: OrderedDict[bytes, Checker] = OrderedDict()

    def __len__(self) -> int:
        """How many are held."""
        return len(self._checkers)

    def of(self, text: bytes) -> Checker:
        """Give the checker of a schema.

        Args:
            text: The schema, as `schema_text` gives it.

        Raises:
            jsonschema.SchemaError: Where it is invalid, or refers to what is not in it.
        """
        return self._checkers.get(text) or self._compile(text)

    def _compile(self, text: bytes) -> Checker:
        checker = Checker(text)
        self._size += len(text)
        while self._checkers and self._size > self._most:
            self._let_one_go()
        self._checkers[text] = checker
        return checker

    def _let_one_go(self) -> None:
        """Let the newest go, and the oldest once in a while.

        Where streams take turns and are too many by a few, each would else lose its own just
        before its turn comes; so most keep theirs. What is no longer used goes all the same.
        """
        self._gone += 1
        text, _ = self._checkers.popitem(last=bool(self._gone % OLDEST_ONCE_IN))
        self._size -= len(text)
