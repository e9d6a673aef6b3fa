"""Times as LMSs write them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from grader.submissions.timestamps import parse_timestamp
from tests.fuzz.target import limited_cpu

EAST = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-01 14:58:23.948203 UTC", datetime(2026, 3, 1, 14, 58, 23, 948203, tzinfo=UTC)),
        ("2026-03-01 14:58:23.948203123 Z", datetime(2026, 3, 1, 14, 58, 23, 948203, tzinfo=UTC)),
        ("2026-03-01T14:58:23+08:00", datetime(2026, 3, 1, 14, 58, 23, tzinfo=EAST)),
        ("2026-03-01 14:58:23 +0800", datetime(2026, 3, 1, 14, 58, 23, tzinfo=EAST)),
        ("2026-03-01 14:58", datetime(2026, 3, 1, 14, 58, tzinfo=EAST)),
        ("Sunday, 1 March 2026, 12:05 AM", datetime(2026, 3, 1, 0, 5, tzinfo=EAST)),
        ("Sunday, 1 March 2026, 12:05 PM", datetime(2026, 3, 1, 12, 5, tzinfo=EAST)),
        ("1. Mar. 2026", None),
        ("2026年3月1日 星期日 14:58", datetime(2026, 3, 1, 14, 58, tzinfo=EAST)),
        ("2026年3月1日 下午2:58", datetime(2026, 3, 1, 14, 58, tzinfo=EAST)),
        ("2026-02-30 10:00 Z", None),
        ("0000-00-00 00:00", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31 23:59:59 Z", None),
        ("-", None),
        ("", None),
    ],
)
def test_a_time_is_read_with_its_zone(text, expected):
    assert parse_timestamp(text, EAST) == expected


def test_a_time_without_a_zone_is_none_unless_it_is_local():
    assert parse_timestamp("2026-07-01 10:00") is None
    assert parse_timestamp("2026-07-01 10:00", local=True) == datetime(2026, 7, 1, 10).astimezone()


def test_a_long_run_of_blanks_takes_no_quadratic_time():
    with limited_cpu():
        assert parse_timestamp(f"2026年3月1日{' ' * 100_000}x", UTC) is None
