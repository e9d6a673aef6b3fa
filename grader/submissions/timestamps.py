"""Read times in ISO 8601, and times as Moodle writes them in English and Chinese."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo

ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d)(?::(\d\d)(\.\d+)?)? ?(Z|UTC|[+-]\d\d:?\d\d)?")
CHINESE = re.compile(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日\D*?(上午|下午)?\s*(\d{1,2}):(\d\d)")
ENGLISH = re.compile(
    r"(\d{1,2})\.? ([A-Za-z]{3})[A-Za-z]* (\d{4}),? +(\d{1,2}):(\d\d)(?::\d\d)?(?: ?([AP])M)?", re.IGNORECASE
)
YEARS = range(1970, 2200)
"""Accepted years of submissions. A time in another year is ignored: some databases write 0001-01-01 for "no time", and
a student may have written the time."""

MAX_LENGTH = 200
"""Number of characters of a text that are searched for a time: long runs of blanks take quadratic time."""

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def parse_timestamp(text: str, zone: tzinfo | None = None, local: bool = False) -> datetime | None:
    """Return the time in a text, with a time zone; None if the text has no time, or its year is not in YEARS.

    A time without a time zone gets the time zone of this computer if `local` is True, else `zone`. If `zone` is None,
    too, the result is None.
    """
    text = text[:MAX_LENGTH]
    try:
        time = _iso(text) or _chinese(text) or _english(text)
        if time is None or time.year not in YEARS:
            return None
        if time.tzinfo:
            return time
        return time.astimezone() if local else time.replace(tzinfo=zone) if zone else None
    except (ValueError, OverflowError, OSError):  # a time that does not exist, such as 30 February
        return None


def _iso(text: str) -> datetime | None:
    """Read ISO 8601. The seconds may have nine decimal digits, as in Gradescope's files."""
    found = ISO.search(text)
    if not found:
        return None
    *whole, second, fraction, named = found.groups()
    year, month, day, hour, minute = map(int, whole)
    micro = int((fraction or "").lstrip(".").ljust(6, "0")[:6])
    zone = UTC if named in ("Z", "UTC") else datetime.strptime(named, "%z").tzinfo if named else None
    return datetime(year, month, day, hour, minute, int(second or 0), micro, zone)


def _chinese(text: str) -> datetime | None:
    """Read `2026年11月26日 星期四 10:00`, as Moodle writes it."""
    found = CHINESE.search(text)
    if not found:
        return None
    year, month, day, half, hour, minute = found.groups()
    return datetime(int(year), int(month), int(day), _hour(hour, half == "下午", bool(half)), int(minute))


def _english(text: str) -> datetime | None:
    """Read `Thursday, 26 November 2026, 10:00 AM`, as Moodle writes it."""
    found = ENGLISH.search(text)
    if not found or found[2].lower() not in MONTHS:
        return None
    day, month, year, hour, minute, half = found.groups()
    number = MONTHS.index(month.lower()) + 1
    after_noon = (half or "").upper() == "P"
    return datetime(int(year), number, int(day), _hour(hour, after_noon, bool(half)), int(minute))


def _hour(hour: str, after_noon: bool, is_12_hour: bool) -> int:
    return int(hour) % 12 + 12 * after_noon if is_12_hour and int(hour) <= 12 else int(hour)
