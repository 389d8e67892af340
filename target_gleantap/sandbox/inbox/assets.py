"""The static files of the pages, all from the package: nothing is loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from target_gleantap.sandbox.http_messages import Reply

TYPES: Mapping[str, str] = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
SHARED = ("base.css", "charts.js", "uplot.min.css", "uplot.min.js")
OWN = ("inbox.css", "inbox.js", "icon.svg")


@cache
def _read(name: str) -> bytes:
    folder = "assets" if name in SHARED else "sandbox/inbox/static"
    return files("target_gleantap").joinpath(f"{folder}/{name}").read_bytes()


def answer(name: str) -> Reply | None:
    """The file of that name; None where there is none."""
    if name not in (*SHARED, *OWN):
        return None
    media_type = TYPES[name.rpartition(".")[2]]
    return Reply(200, _read(name), {"Cache-Control": "max-age=3600"}, media_type)
