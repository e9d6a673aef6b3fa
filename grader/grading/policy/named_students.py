"""The students whom a policy or a table of overrides names: by id, address or name, as people write them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches

from grader.grading.policy.policy import Policy
from grader.submissions.submission import SubmissionMetadata


def find_student(name: str, people: Mapping[str, SubmissionMetadata]) -> str | None:
    """The student whom a person means: by the id, else by another id, the address or the name that only one has.

    Spreadsheets drop zeros at the front of an id and letters differ in case: so much is forgiven.
    """
    if name in people:
        return name
    wanted = _plain(name)
    for alike in (_ids, _names):
        found = [student for student, about in people.items() if wanted in map(_plain, alike(student, about))]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def nearest_student(name: str, people: Mapping[str, SubmissionMetadata]) -> str:
    """The student whose id looks most like a name, or nothing."""
    return next(iter(get_close_matches(name, people, 1, 0.6)), "")


def for_class(policy: Policy, people: Mapping[str, SubmissionMetadata]) -> tuple[Policy, list[str]]:
    """The policy with its extensions under the students' ids, and whom it names that the class does not have."""
    found = {name: find_student(name, people) for name in policy.extensions}
    extensions = {student or name: policy.extensions[name] for name, student in found.items()}
    return replace(policy, extensions=extensions), [name for name, student in found.items() if student is None]


def _ids(student: str, about: SubmissionMetadata) -> tuple[str, ...]:
    return (student, *about.ids, about.email)


def _names(student: str, about: SubmissionMetadata) -> tuple[str, ...]:
    return (about.name,)


def _plain(name: str) -> str:
    """A name without what a spreadsheet changes."""
    text = name.strip().casefold()
    return text.lstrip("0") or text if text.isdecimal() else text
