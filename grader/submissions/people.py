"""Convert the names, addresses and ids of students to and from the JSON in run.json."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from grader.core.visible_text import show_invisible
from grader.submissions.submission import SubmissionMetadata
from grader.submissions.timestamps import YEARS


def people_to_json(people: Mapping[str, SubmissionMetadata]) -> dict[str, dict[str, Any]]:
    """Return the metadata of every student as JSON values. A time becomes a text in ISO 8601, or null."""
    return {student: _metadata_to_json(metadata) for student, metadata in people.items()}


def people_from_run(run: Mapping[str, Any]) -> dict[str, SubmissionMetadata]:
    """Return the metadata of every student in the content of a run.json.

    If an earlier version of the grader wrote the file without metadata, the result is empty. A value of the wrong type
    becomes an empty value.
    """
    people = run.get("people")
    if not isinstance(people, dict):
        return {}
    return {str(student): _metadata_from_json(facts) for student, facts in people.items() if isinstance(facts, dict)}


def display_name(student: str, people: Mapping[str, SubmissionMetadata]) -> str:
    """Return a student's name followed by the id, or the id alone. Invisible characters in the id become escapes."""
    name, id_ = people.get(student, SubmissionMetadata()).name, show_invisible(student)
    return f"{name} ({id_})" if name and name != student else id_


def _metadata_to_json(metadata: SubmissionMetadata) -> dict[str, Any]:
    return {
        "name": metadata.name,
        "email": metadata.email,
        "group": list(metadata.group),
        "submitted": metadata.submitted.isoformat() if metadata.submitted else None,
        "late": metadata.late,
        "attempt": metadata.attempt,
        "ids": list(metadata.ids),
        "filed_as": metadata.filed_as,
    }


def _metadata_from_json(facts: Mapping[str, Any]) -> SubmissionMetadata:
    attempt = facts.get("attempt")
    return SubmissionMetadata(
        name=_text(facts.get("name")),
        email=_text(facts.get("email")),
        group=_texts(facts.get("group")),
        submitted=_time(facts.get("submitted")),
        late=facts.get("late") is True,
        attempt=attempt if isinstance(attempt, int) and attempt >= 0 else 1,
        ids=_texts(facts.get("ids")),
        filed_as=_text(facts.get("filed_as")),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    return tuple(text for text in value if isinstance(text, str)) if isinstance(value, list) else ()


def _time(value: object) -> datetime | None:
    """Return the time in an ISO 8601 text; None if it has no time zone or its year is not in YEARS."""
    try:
        time = datetime.fromisoformat(_text(value))
    except ValueError:
        return None
    return time if can_be_late(time) else None


def can_be_late(time: datetime) -> bool:
    """Return whether a time can be compared with a deadline: it has a time zone, and its year is in YEARS."""
    return time.tzinfo is not None and time.year in YEARS
