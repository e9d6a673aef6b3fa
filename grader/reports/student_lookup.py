"""Find the results folder, student and function for the report of `grader show`, or suggest the nearest names."""

from __future__ import annotations

import difflib
import os
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

from grader.core.errors import UsageError
from grader.grading.results.result_files import RESULTS
from grader.grading.results.run_file import RUN_FILE, is_interrupted, missing_results
from grader.submissions.submission import SubmissionMetadata

MAX_SUGGESTIONS = 5
"""Maximum number of names that an error message suggests."""

MIN_SIMILARITY = 0.65
"""Similarity of two names from 0 to 1: of three Chinese characters, one may differ."""


def results_folder(asked: Path | None, current_folder: Path) -> Path:
    """Return `asked`, else the current folder if it holds results, else its only results folder. Raises UsageError."""
    if asked is not None:
        if not (asked / RESULTS).is_file():
            raise missing_results(asked)
        return asked
    if (current_folder / RESULTS).is_file():
        return current_folder
    found = sorted(path.parent for path in current_folder.glob(f"*/{RESULTS}"))
    if len(found) == 1:
        return found[0]
    if not found:
        for run_file in (current_folder / RUN_FILE, *sorted(current_folder.glob(f"*/{RUN_FILE}"))):
            if is_interrupted(run_file.parent):
                raise missing_results(Path(os.path.relpath(run_file.parent, current_folder)))
        raise UsageError(
            "No results in the current folder. Name the results folder of `grader grade --out` with --results DIR"
        )
    names = ", ".join(path.name for path in found)
    raise UsageError("Several results folders here: {names}. Choose one with --results DIR", names=names)


def find_student(asked: str, students: Sequence[str], people: Mapping[str, SubmissionMetadata]) -> str:
    """Return the student with this id or name, or the only one whose id or name starts with it. Raises UsageError."""
    if asked in students:
        return asked
    names_of = {student: [student, people[student].name] if student in people else [student] for student in students}
    wanted = _normalize(asked)
    for matches in (_equals, _starts_with, _has_word_starting_with):
        found = [
            student for student, names in names_of.items() if any(matches(_normalize(name), wanted) for name in names)
        ]
        if len(found) == 1:
            return found[0]
        if found:
            listed = ", ".join(_id_with_name(student, people) for student in found[:MAX_SUGGESTIONS])
            if more := len(found[MAX_SUGGESTIONS:]):
                raise UsageError(
                    "Several students match {asked}: {some} and {more} more. Pass the id.",
                    asked=asked,
                    some=listed,
                    more=more,
                )
            raise UsageError("Several students match {asked}: {some}. Pass the id.", asked=asked, some=listed)
    by_name = {_normalize(name): student for student, names in names_of.items() for name in names}
    nearest = [by_name[name] for name in difflib.get_close_matches(wanted, by_name, MAX_SUGGESTIONS, MIN_SIMILARITY)]
    listed = ", ".join(_id_with_name(student, people) for student in dict.fromkeys(nearest))
    if not listed:
        raise UsageError("No such student in these results: {asked}", asked=asked)
    raise UsageError("No such student in these results: {asked}. Did you mean {near}?", asked=asked, near=listed)


def find_function(asked: str, functions: Sequence[str]) -> str:
    """Return the function with this name, or the only one that starts with it. Raises UsageError."""
    found = [asked] if asked in functions else [function for function in functions if function.startswith(asked)]
    if len(found) == 1:
        return found[0]
    nearest = found or difflib.get_close_matches(asked, functions, MAX_SUGGESTIONS, MIN_SIMILARITY)
    if not nearest:
        known = ", ".join(functions)
        raise UsageError("No such function in these results: {asked}. Known: {known}", asked=asked, known=known)
    raise UsageError(
        "No such function in these results: {asked}. Did you mean {near}?", asked=asked, near=", ".join(nearest)
    )


def _equals(name: str, wanted: str) -> bool:
    return name == wanted


def _starts_with(name: str, wanted: str) -> bool:
    return bool(wanted) and name.startswith(wanted)


def _has_word_starting_with(name: str, wanted: str) -> bool:
    return bool(wanted) and f" {wanted}" in name


def _id_with_name(student: str, people: Mapping[str, SubmissionMetadata]) -> str:
    name = people[student].name if student in people else ""
    return f"{student} ({name})" if name and name != student else student


def _normalize(name: str) -> str:
    """Return a name without case and accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", name).casefold() if not unicodedata.combining(c))
