"""What is read and written the short way is what the long way gives."""

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from target_gleantap.mapping.coercion import dates as moments

ZONES = st.sampled_from([ZoneInfo("UTC"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Kolkata")])
TEXTS = st.from_regex(
    r"[0-9]{4}-[01][0-9]-[0-3][0-9]"
    r"([T ][0-2][0-9]:[0-6][0-9](:[0-6][0-9]([.,][0-9]{1,7})?)?(Z|[+-][0-2][0-9]:?[0-6][0-9])?)?",
    fullmatch=True,
)


def read(way, text, zone):
    try:
        moment, has_time = way(text, zone)
    except moments.NotAMoment as fault:
        return str(fault)
    return moment, moment.tzinfo, has_time


@given(TEXTS, ZONES)
@example("0001-01-01T00:00:00+14:00", ZoneInfo("UTC"))
@example("2024-01-01T24:00:00Z", ZoneInfo("UTC"))
@example("2024-02-30", ZoneInfo("UTC"))
@example("2024-03-10T02:30:00", ZoneInfo("America/New_York"))
def test_a_moment_is_read_as_it_was(text: str, zone: ZoneInfo) -> None:
    assert read(moments.parse_moment.__wrapped__, text, zone) == read(moments._read, text, zone)


PATTERNS = [
    "%Y-%m-%d %H:%M",
    "%F %T",
    "%d.%m.%Y",
    "%Y%m%dT%H%M%SZ",
    "%m/%d/%Y %I:%M %p",
    "%Y",
    "%%",
]


@pytest.mark.parametrize("pattern", PATTERNS)
@given(st.datetimes(timezones=st.just(timezone(timedelta(hours=2)))))
@example(datetime(7, 1, 2, 3, 4, 5, tzinfo=timezone.utc))
def test_a_moment_is_written_as_strftime_has_it(pattern: str, moment: datetime) -> None:
    assert moments.formatter(pattern)(moment) == moments._by_strftime(pattern)(moment)
