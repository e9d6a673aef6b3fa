"""Find the students that a policy or overrides.csv names: by id, email address or name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches

from grader.grading.policy.policy import Policy
from grader.submissions.submission import SubmissionMetadata


def find_student(name: str, people: Mapping[str, SubmissionMetadata]) -> str | None:
    """Return the id of the student whom `name` names: by id or email address, or if none matches, by name.

    Return None if no student matches, or more than one.

    Case does not matter, nor do leading zeros of a number, because spreadsheets drop them.
    """
    if name in people:
        return name
    wanted = _normalize(name)
    for identifiers in (_ids_of, _names_of):
        found = [
            student for student, metadata in people.items() if wanted in map(_normalize, identifiers(student, metadata))
        ]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def nearest_student(name: str, people: Mapping[str, SubmissionMetadata]) -> str:
    """Return the student whose id looks most like the name; an empty text if none is similar."""
    return next(iter(get_close_matches(name, people, 1, 0.6)), "")


def resolve_extensions(policy: Policy, people: Mapping[str, SubmissionMetadata]) -> tuple[Policy, list[str]]:
    """Return the policy with extensions by student id, and the names that nobody in the class has."""
    found = {name: find_student(name, people) for name in policy.extensions}
    extensions = {student or name: policy.extensions[name] for name, student in found.items()}
    return replace(policy, extensions=extensions), [name for name, student in found.items() if student is None]


def _ids_of(student: str, metadata: SubmissionMetadata) -> tuple[str, ...]:
    return (student, *metadata.ids, metadata.email)


def _names_of(student: str, metadata: SubmissionMetadata) -> tuple[str, ...]:
    return (metadata.name,)


def _normalize(name: str) -> str:
    """Return a name in one case and without leading zeros."""
    text = name.strip().casefold()
    return text.lstrip("0") or text if text.isdecimal() else text
