"""Did-you-mean."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def closest(name: str, known: Iterable[str]) -> str:
    """The closest known spelling, or an empty text."""
    by_folded = {word.casefold(): word for word in known}
    close = get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[close[0]] if close else ""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint that names the closest known spelling, or an empty text."""
    close = closest(name, known)
    return f"did you mean {close}?" if close else ""
