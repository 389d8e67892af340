"""Names as people type them: shown safely, and compared with those that exist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from target_gleantap.errors import did_you_mean
from target_gleantap.model import Fault

LONGEST = 80


def shown(name: Any) -> str:
    """A name that the user wrote, fit for one line of a message."""
    text = str(name)
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def unknown(given: Mapping[Any, Any], names: Iterable[str], what: str, at: str) -> Iterator[Fault]:
    """A fault for each key that is not among the names.

    Args:
        given: What was written.
        names: What may be written.
        what: What such a name is called in the message.
        at: The path of the object, or empty for the config itself.
    """
    known = tuple(names)
    for key in given:
        if key not in known:
            path = f"{at}.{shown(key)}" if at else shown(key)
            hint = did_you_mean(shown(key), known) or f"there are: {', '.join(known)}"
            yield Fault(path, f"no {what} has this name", hint, rule="unknown")
