"""Find the results folder, the student and the function that `grader show` reports on, or suggest the nearest names."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

from grader.core.errors import UsageError
from grader.grading.results.result_files import RESULTS
from grader.submissions.submission import SubmissionMetadata

NEAREST = 5
"""Names that are offered when none fits."""

NEAR = 0.65
"""How much of two names must agree: one of three Chinese characters may be another one."""


def results_folder(asked: Path | None, here: Path) -> Path:
    """The folder asked for, else here, else the only one below here. Raises UsageError."""
    if asked is not None:
        if not (asked / RESULTS).is_file():
            raise UsageError(
                "No results.jsonl in this folder: {path}. Name a results folder of `grader grade --out`", path=asked
            )
        return asked
    if (here / RESULTS).is_file():
        return here
    found = sorted(path.parent for path in here.glob(f"*/{RESULTS}"))
    if len(found) == 1:
        return found[0]
    if not found:
        raise UsageError(
            "No results in the current folder. Name the results folder of `grader grade --out` with --results DIR"
        )
    names = ", ".join(path.name for path in found)
    raise UsageError("Several results folders here: {names}. Choose one with --results DIR", names=names)


def find_student(asked: str, students: Sequence[str], people: Mapping[str, SubmissionMetadata]) -> str:
    """The student of that id or name, or the only one whose id or name starts so. Raises UsageError."""
    if asked in students:
        return asked
    called = {student: [student, people[student].name] if student in people else [student] for student in students}
    wanted = _plain(asked)
    for fits in (_is, _starts, _holds):
        found = [student for student, names in called.items() if any(fits(_plain(name), wanted) for name in names)]
        if len(found) == 1:
            return found[0]
        if found:
            some = ", ".join(_called(student, people) for student in found[:NEAREST])
            if more := len(found[NEAREST:]):
                raise UsageError(
                    "Several students match {asked}: {some} and {more} more. Pass the id.",
                    asked=asked,
                    some=some,
                    more=more,
                )
            raise UsageError("Several students match {asked}: {some}. Pass the id.", asked=asked, some=some)
    by_name = {_plain(name): student for student, names in called.items() for name in names}
    near = [by_name[name] for name in difflib.get_close_matches(wanted, by_name, NEAREST, NEAR)]
    some = ", ".join(_called(student, people) for student in dict.fromkeys(near))
    if not some:
        raise UsageError("No such student in these results: {asked}", asked=asked)
    raise UsageError("No such student in these results: {asked}. Did you mean {near}?", asked=asked, near=some)


def find_function(asked: str, functions: Sequence[str]) -> str:
    """The function of that name, or the only one that starts so. Raises UsageError."""
    found = [asked] if asked in functions else [function for function in functions if function.startswith(asked)]
    if len(found) == 1:
        return found[0]
    near = found or difflib.get_close_matches(asked, functions, NEAREST, NEAR)
    if not near:
        known = ", ".join(functions)
        raise UsageError("No such function in these results: {asked}. Known: {known}", asked=asked, known=known)
    raise UsageError(
        "No such function in these results: {asked}. Did you mean {near}?", asked=asked, near=", ".join(near)
    )


def _is(name: str, wanted: str) -> bool:
    return name == wanted


def _starts(name: str, wanted: str) -> bool:
    return bool(wanted) and name.startswith(wanted)


def _holds(name: str, wanted: str) -> bool:
    return bool(wanted) and f" {wanted}" in name


def _called(student: str, people: Mapping[str, SubmissionMetadata]) -> str:
    name = people[student].name if student in people else ""
    return f"{student} ({name})" if name and name != student else student


def _plain(name: str) -> str:
    """A name without case and accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", name).casefold() if not unicodedata.combining(c))
