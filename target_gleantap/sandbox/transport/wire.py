"""A response as bytes: status line, headers, body."""

from __future__ import annotations

import time
from email.utils import formatdate
from functools import cache, lru_cache
from http import HTTPStatus

import msgspec

from target_gleantap.sandbox.http_messages import Reply


@lru_cache(maxsize=2)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)


@cache
def _status_line(status: int) -> str:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    return f"HTTP/1.1 {status} {phrase}\r\n"


def content(reply: Reply) -> bytes:
    """The body as bytes; JSON unless it is bytes already."""
    if isinstance(reply.content, bytes):
        return reply.content
    return b"" if reply.content is None else msgspec.json.encode(reply.content)


def head(reply: Reply, *, keep: bool) -> bytes:
    """The status line and the headers, with the full length of the body."""
    return framed(reply, f"Content-Length: {len(content(reply))}", keep=keep)


def framed(reply: Reply, *lines: str, keep: bool) -> bytes:
    """The status line and the headers, with extra header lines that describe the body.

    Where none gives its length, the body ends with the connection.
    """
    more = [*lines, *(() if keep else ("Connection: close",))]
    return _head(reply, [f"{line}\r\n" for line in more])


def _head(reply: Reply, more: list[str]) -> bytes:
    lines = [
        _status_line(reply.status),
        f"Date: {_date(int(time.time()))}\r\n",
        f"Content-Type: {reply.media_type}\r\n",
    ]
    lines += [f"{name}: {value}\r\n" for name, value in reply.headers.items()]
    return "".join([*lines, *more, "\r\n"]).encode("latin-1")
