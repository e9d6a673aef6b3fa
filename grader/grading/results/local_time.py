"""Show recorded times to people: in local time, to the minute."""

from __future__ import annotations

from datetime import datetime

from grader.core.visible_text import visible


def local_time(time: str) -> str:
    """Return an ISO 8601 time in local time, to the minute; return the first 16 characters of any other text."""
    try:
        return datetime.fromisoformat(time).astimezone().strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError):  # a person may have edited the file
        return visible(time)[:16]
