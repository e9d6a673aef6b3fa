"""The people of a run as run.json keeps them: `plain_people` writes them, `people_of` reads them back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from grader.submissions.submission import About


def plain_people(people: Mapping[str, About]) -> dict[str, dict[str, Any]]:
    """What is known of every student, as JSON has it: a moment is ISO 8601 text, or null."""
    return {student: _plain(about) for student, about in people.items()}


def people_of(run: Mapping[str, Any]) -> dict[str, About]:
    """What a run.json says of its students. Empty for one of an earlier version; what cannot be read says nothing."""
    people = run.get("people")
    if not isinstance(people, dict):
        return {}
    return {str(student): _about(facts) for student, facts in people.items() if isinstance(facts, dict)}


def called(student: str, people: Mapping[str, About]) -> str:
    """A student's name with the id, where both are known and differ."""
    name = people.get(student, About()).name
    return f"{name} ({student})" if name and name != student else student


def _plain(about: About) -> dict[str, Any]:
    return {
        "name": about.name,
        "email": about.email,
        "group": list(about.group),
        "submitted": about.submitted.isoformat() if about.submitted else None,
        "late": about.late,
        "attempt": about.attempt,
        "ids": list(about.ids),
        "filed_as": about.filed_as,
    }


def _about(facts: Mapping[str, Any]) -> About:
    attempt = facts.get("attempt")
    return About(
        name=_text(facts.get("name")),
        email=_text(facts.get("email")),
        group=_texts(facts.get("group")),
        submitted=_moment(facts.get("submitted")),
        late=facts.get("late") is True,
        attempt=attempt if isinstance(attempt, int) and attempt >= 0 else 1,
        ids=_texts(facts.get("ids")),
        filed_as=_text(facts.get("filed_as")),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    return tuple(text for text in value if isinstance(text, str)) if isinstance(value, list) else ()


def _moment(value: object) -> datetime | None:
    """A moment with its time zone; without one it would be no moment."""
    try:
        moment = datetime.fromisoformat(_text(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
