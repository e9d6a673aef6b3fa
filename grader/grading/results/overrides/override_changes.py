"""Change one row of the overrides.csv in a results folder, or take the last change back; the history notes both.

Theory of operation
    A change reads overrides.csv, looks for edits by hand (`edited_overrides`), writes the table, and then adds the
    edits and its own line to the history, all under one lock. If the process is killed after it wrote the table and
    before it wrote the history, the next run or change adds the lost line to the history as an edit by hand.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from pathlib import Path

from grader.core.errors import UsageError, nearest_names
from grader.core.visible_text import visible
from grader.grading.policy.final_score import TOTAL, Override
from grader.grading.policy.override_students import StudentCells
from grader.grading.policy.overrides import (
    FILE,
    TOTAL_NAMES,
    OverrideTable,
    read_override_table,
    read_overrides,
    write_override_table,
)
from grader.grading.results.final_result import FinalResult
from grader.grading.results.folder_lock import lock_folder
from grader.grading.results.local_time import local_time
from grader.grading.results.overrides.edited_overrides import find_edits
from grader.grading.results.overrides.override_history import (
    HISTORY,
    How,
    OverrideChange,
    append_changes,
    new_change,
    read_history,
    state_of,
    undoable_changes,
)
from grader.grading.results.result_files import read_final_results
from grader.grading.results.run_file import read_run
from grader.submissions.people import people_from_run
from grader.submissions.students.look_alikes import ID_HASH, id_hash
from grader.submissions.students.student_lookup import StudentIndex
from grader.submissions.submission import SubmissionMetadata

Translate = Callable[[str], str]
EditTable = Callable[[OverrideTable, list[OverrideChange]], None]
"""Changes the table, given the history of all overrides. Raises UsageError."""


@dataclass(frozen=True)
class OverridePlace:
    """The override of one student for one function or TOTAL, in a results folder.

    `result` is the final result of the student. `people` and `maxima` describe the class: they are needed to read
    overrides.csv.
    """

    folder: Path
    student: str
    function: str
    result: FinalResult
    people: Mapping[str, SubmissionMetadata]
    maxima: Mapping[str, float]

    @cached_property
    def index(self) -> StudentIndex:
        """Finds students of the class by the names in overrides.csv."""
        return StudentIndex(self.people)

    @property
    def facts(self) -> dict[str, object]:
        """The file and the student, which each message about this override names."""
        return {"file": self.folder / FILE, "student": visible(self.index.spelling(self.student))}

    def is_student(self, cells: StudentCells) -> bool:
        """True if the cells of a row of overrides.csv name the student, and nobody else."""
        return cells.matches(self.index) == [self.student]

    def hash_for(self, table: OverrideTable) -> str:
        """Return the hash of the student's id, if the row in this table needs one; else an empty text."""
        needs_hash = self.student in self.index.students_with_hash or table.column_index(ID_HASH) is not None
        return id_hash(self.student) if needs_hash else ""

    def change(self, edit: EditTable, how: How, user: str) -> None:
        """Change overrides.csv with `edit`, and add the change to the history. Raises UsageError."""
        with lock_folder(self.folder):
            table, history = read_override_table(self.folder), read_history(self.folder)
            overrides, _ = read_overrides(table, self.people, self.maxima, str)
            edits = find_edits(history, overrides, table, self.people, self.maxima)
            edit(table, [*history, *edits])
            write_override_table(self.folder, table)
            new, _ = read_overrides(table, self.people, self.maxima, str)
            old_state, new_state = (state_of(o.get(self.student, {}).get(self.function)) for o in (overrides, new))
            change = new_change(self.student, self.function, old_state, new_state, how, user)
            append_changes(self.folder, [*edits, change])


def find_place(folder: Path, name: str, function: str) -> OverridePlace:
    """Return the place of an override by the name of a student and of a function. Raises UsageError."""
    results = {result.student: result for result in read_final_results(folder)}
    metadata_by_student = people_from_run(read_run(folder))
    people = {student: metadata_by_student.get(student, SubmissionMetadata()) for student in results}
    student = StudentIndex(people).require(name)
    maxima = {record.function: record.max_score for result in results.values() for record in result.records}
    maxima[TOTAL] = sum(record.max_score for record in results[student].records)
    function = TOTAL if function.lower() in TOTAL_NAMES else function
    return OverridePlace(folder, student, function, results[student], people, maxima)


def change_override(
    folder: Path,
    name: str,
    function: str,
    score: float | None,
    comment: str,
    remove: bool,
    tr: Translate,
    bonus: bool = False,
    user: str = "",
) -> list[str]:
    """Write or remove the row of a student and a function; return sentences that say what was done.

    `bonus` allows a score above the maximum. `user` is noted in the history. Raises UsageError.
    """
    place = find_place(folder, name, function)
    automatic, maximum = _automatic_score(place.result, place.function)
    if score is not None:
        _check_score(score, maximum, bonus)
    override = Override(place.student, place.function, score, comment, automatic, score is not None, bonus=bonus)
    facts = place.facts | {"what": place.function or tr("total")}

    def edit(table: OverrideTable, _: list[OverrideChange]) -> None:
        if not remove:
            table.put(override, place.is_student, place.hash_for(table))
        elif not table.remove(place.is_student, place.function):
            raise UsageError(
                "{file} has no row for {student} and {what}",
                file=facts["file"],
                student=facts["student"],
                what=facts["what"],
            )

    place.change(edit, How.COMMAND, user)
    if remove:
        return [tr("{file}: row of {student}, {what} removed").format(**facts)]
    if score is None:
        return [tr("{file}: a comment for {student}, {what}").format(**facts)]
    words = tr("{file}: {student}, {what}: {score} (automatic: {automatic})")
    line = words.format(**facts, score=_format_score(score, tr), automatic=_format_score(automatic, tr))
    return [line, *_penalty_lines(place, tr)]


def _penalty_lines(place: OverridePlace, tr: Translate) -> Iterator[str]:
    """Yield a sentence for a late student: whether the late penalty still applies with this override."""
    final = place.result.final
    if not final.why:
        return
    if place.function == TOTAL:
        words = tr("The submission is late ({why}). No late penalty is subtracted from a total that you set.")
        yield words.format(why=final.why)
    elif TOTAL not in final.scores:
        words = tr(
            "The submission is late ({why}). The late penalty is still subtracted from the total if you set the score "
            "of one function. To set the total itself, name no function: {command}"
        )
        command = ["grader", "override", place.index.spelling(place.student), "--score", "POINTS"]
        yield visible(words.format(why=final.why, command=shlex.join(command)))


def undo_override(folder: Path, name: str, function: str, tr: Translate, user: str = "") -> list[str]:
    """Take back the last change of a student's override; return sentences that say what was done.

    Each further call takes back the change before that. Changes that a person made in overrides.csv can be taken back,
    too. `user` is noted in the history. Raises UsageError if there is no change to take back.
    """
    place = find_place(folder, name, function)
    undone: list[OverrideChange] = []

    def edit(table: OverrideTable, history: list[OverrideChange]) -> None:
        changes = undoable_changes(history, place.student, place.function)
        if not changes:
            raise _nothing_to_undo(place, history, tr)
        undone.append(changes[-1])
        old = changes[-1].old
        if old is None:
            table.remove(place.is_student, place.function)
        else:
            names = {"automatic": old.automatic, "noted": old.noted, "bonus": old.bonus}
            override = Override(place.student, place.function, old.score, old.comment, **names)  # type: ignore[arg-type]  # mypy takes the union of the values
            table.restore(override, place.is_student, place.hash_for(table))

    place.change(edit, How.UNDO, user)
    (change,) = undone
    words = tr("{file}: {student}, {what}: back to {score}. Undone: the change of {time} by {user}")
    if not change.user:
        words = tr("{file}: {student}, {what}: back to {score}. Undone: an edit of the file, noticed {time}")
    score = tr("the automatic score") if change.old is None else _format_score(change.old.score, tr)
    facts = place.facts | {"what": place.function or tr("total"), "score": score}
    return [words.format(**facts, time=local_time(change.time), user=change.user)]


def _nothing_to_undo(place: OverridePlace, history: list[OverrideChange], tr: Translate) -> UsageError:
    """Return the error for an override without a change to take back.

    The error lists the student's other overrides that have such a change.
    """
    functions = dict.fromkeys(change.function for change in history if change.student == place.student)
    others = [f or tr("total") for f in functions if undoable_changes(history, place.student, f)]
    what = place.function or tr("total")
    if others:
        return UsageError(
            "{file} has no change of {student}, {what} to undo. The file has changes of: {others}",
            file=HISTORY,
            student=place.facts["student"],
            what=what,
            others=", ".join(others),
        )
    return UsageError(
        "{file} has no change of {student}, {what} to undo", file=HISTORY, student=place.facts["student"], what=what
    )


def _check_score(score: float, maximum: float, bonus: bool) -> None:
    """Raise UsageError if a score is negative, has more than two decimals, or exceeds the maximum without `bonus`."""
    if not isfinite(score):
        raise UsageError("--score {score:g} is not a number of points. Use a number such as 1.5", score=score)
    if score > maximum and not bonus and round(score, 2) == score:
        raise UsageError(
            "--score {score:g} is above the maximum of {maximum:g} points. To give this score all the same, add "
            "--bonus",
            score=score,
            maximum=maximum,
        )
    if score < 0 or round(score, 2) != score:
        raise UsageError(
            "Invalid --score {score:g}. Use a number from 0 to {maximum:g} with at most two decimals",
            score=score,
            maximum=maximum,
        )


def _automatic_score(result: FinalResult, function: str) -> tuple[float | None, float]:
    """Return the automatic score of a function or of the total, and its maximum. Raises UsageError."""
    if function == TOTAL:
        return result.final.automatic, sum(record.max_score for record in result.records)
    for record in result.records:
        if record.function == function:
            return record.score, record.max_score
    names = [record.function for record in result.records]
    raise UsageError("No function {name}", name=function).suggest(nearest_names(function, names), names)


def _format_score(score: float | None, tr: Callable[[str], str]) -> str:
    return tr("none") if score is None else f"{score:.2f}"
