"""Dates and times: ISO 8601 text in, the documented pattern out."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from operator import attrgetter
from zoneinfo import ZoneInfo

_MOMENT = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})"
    r"(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)? ?(?:([Zz])|([+-])(\d{2}):?(\d{2})?)?)?",
    re.ASCII,
)
# What most sources write, and datetime reads by itself in every version of Python.
_PLAIN = re.compile(
    r"\d{4}-\d{2}-\d{2}"
    r"(?:[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.(?:\d{3}|\d{6}))?)?"
    r"(?:Z|[+-]\d{2}:[0-5]\d)?)?",
    re.ASCII,
)
_DATE_LENGTH = len("2000-01-01")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?: ?([AaPp])\.?[Mm]\.?)?", re.ASCII)
_DIRECTIVE = re.compile(r"%(.)", re.DOTALL)
_NOON = 12
_MINUTES = 60


class NotAMoment(ValueError):
    """The text is no date or time of the wanted kind. The message says what it is instead."""


@lru_cache(maxsize=4096)
def parse_moment(text: str, zone: ZoneInfo) -> tuple[datetime, bool]:
    """Read a date or timestamp; one with a zone of its own is converted to `zone`.

    Returns:
        The moment, and whether the text had a time of day.

    Raises:
        NotAMoment: For any other text, and for days and times that do not exist.
    """
    if _PLAIN.fullmatch(text):
        try:
            return _plain(text, zone), len(text) > _DATE_LENGTH
        except (ValueError, OverflowError):
            pass  # it is told below
    return _read(text, zone)


def _plain(text: str, zone: ZoneInfo) -> datetime:
    moment = datetime.fromisoformat(f"{text[:-1]}+00:00" if text[-1] == "Z" else text)
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)


def _read(text: str, zone: ZoneInfo) -> tuple[datetime, bool]:
    match = _MOMENT.fullmatch(text.strip())
    if match is None:
        raise NotAMoment("is not an ISO 8601 date or timestamp")
    year, month, day, hour, minute, second, fraction, utc, sign, *offset = match.groups()
    micros = int(fraction[:6].ljust(6, "0")) if fraction else 0
    own = zone if not (utc or sign) else _offset(sign, *offset)
    try:
        moment = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0),
            micros, own,
        )  # fmt: skip
        return (moment if own is zone else moment.astimezone(zone)), hour is not None
    except (ValueError, OverflowError):
        raise NotAMoment("is a date or time that does not exist") from None


def _offset(sign: str | None, hours: str | None, minutes: str | None) -> timezone:
    if sign is None:
        return timezone.utc
    delta = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    if int(minutes or 0) >= _MINUTES or delta >= timedelta(days=1):
        raise NotAMoment("has a time zone that does not exist")
    return timezone(-delta if sign == "-" else delta)


def parse_time(text: str, zone: ZoneInfo) -> datetime:
    """Read a time of day: a timestamp, `HH:MM[:SS]` or `HH:MM AM/PM`.

    Raises:
        NotAMoment: For any other text; for a date without a time too.
    """
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        moment, has_time = parse_moment(text, zone)
        if not has_time:
            raise NotAMoment("is a date without a time")
        return moment
    hour, minute, second, half = match.groups()
    try:
        clock = time(_hour(int(hour), half), int(minute), int(second or 0))
    except ValueError:
        raise NotAMoment("is a time that does not exist") from None
    return datetime.combine(date(2000, 1, 1), clock, zone)


def _hour(hour: int, half: str | None) -> int:
    if half is None:
        return hour
    if not 1 <= hour <= _NOON:
        raise ValueError
    return hour % _NOON + (_NOON if half in "Pp" else 0)


@lru_cache(maxsize=64)
def formatter(pattern: str) -> Callable[[datetime], str]:
    """A function that writes a moment by a strftime pattern.

    The same on every machine: AM and PM do not depend on the locale, and years have four digits.
    """
    return _numeric(pattern) or _by_strftime(pattern)


def _numeric(pattern: str) -> Callable[[datetime], str] | None:
    """The same where only numbers are written, which is sooner done without strftime."""
    pattern = _DIRECTIVE.sub(lambda match: _COMPOSED.get(match[0], match[0]), pattern)
    directives = [match[0] for match in _DIRECTIVE.finditer(pattern)]
    if len(directives) <= 1 or not set(directives) <= set(_NUMBERS):
        return None
    read = attrgetter(*(_NUMBERS[directive] for directive in directives))
    template = _DIRECTIVE.sub(lambda match: "%04d" if match[0] == "%Y" else "%02d", pattern)
    return lambda moment: template % read(moment)


def _by_strftime(pattern: str) -> Callable[[datetime], str]:
    plain = _DIRECTIVE.sub(lambda match: _PORTABLE.get(match[0], match[0]), pattern)

    def write(moment: datetime) -> str:
        text = plain
        if "\0" in plain:
            text = text.replace("\0p", "PM" if moment.hour >= _NOON else "AM")
            text = text.replace("\0Y", f"{moment.year:04d}")
        return moment.strftime(text)

    return write


_COMPOSED = {"%F": "%Y-%m-%d", "%T": "%H:%M:%S"}
_NUMBERS = {
    "%Y": "year",
    "%m": "month",
    "%d": "day",
    "%H": "hour",
    "%M": "minute",
    "%S": "second",
}
_PORTABLE = {"%p": "\0p", "%Y": "\0Y", "%F": "\0Y-%m-%d"}


def rfc_3339(moment: datetime) -> str:
    """The moment to the second, as RFC 3339 writes it."""
    offset = moment.utcoffset()
    if offset is not None and offset % timedelta(minutes=1):
        # Local times of long ago: RFC 3339 has no seconds in an offset.
        moment = moment.astimezone(timezone(timedelta(minutes=offset // timedelta(minutes=1))))
    return moment.isoformat(timespec="seconds")
