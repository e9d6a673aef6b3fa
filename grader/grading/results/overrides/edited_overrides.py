"""Notice changes that a person made in overrides.csv itself, and add them to the history as "edited in the file".

Theory of operation
    The last line of the history about an override says what overrides.csv contained at that time. If overrides.csv now
    contains something that differs from this line, a person edited the file. A row with a wrong score does not count as
    removed, because it applies again when it is corrected.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from grader.grading.policy.final_score import Override
from grader.grading.policy.overrides import OverrideTable, read_override_table
from grader.grading.results.folder_lock import lock_folder
from grader.grading.results.overrides.override_history import (
    How,
    OverrideChange,
    append_changes,
    new_change,
    read_history,
    state_of,
)
from grader.submissions.students.student_lookup import StudentIndex
from grader.submissions.submission import SubmissionMetadata


def record_edits(
    folder: Path,
    overrides: Mapping[str, Mapping[str, Override]],
    people: Mapping[str, SubmissionMetadata],
    functions: Collection[str],
) -> list[OverrideChange]:
    """Find the changes by hand, add them to the history of a results folder, and return them.

    `overrides` are those of overrides.csv, by student and function. A removed row is noticed only for these `people`
    and `functions`, because a run on a part of the class does not know the other ones. Raises UsageError.
    """
    with lock_folder(folder):
        edits = find_edits(read_history(folder), overrides, read_override_table(folder), people, functions)
        append_changes(folder, edits)
    return edits


def find_edits(
    history: Sequence[OverrideChange],
    overrides: Mapping[str, Mapping[str, Override]],
    table: OverrideTable,
    people: Mapping[str, SubmissionMetadata],
    functions: Collection[str],
) -> list[OverrideChange]:
    """Return a change for each override that differs between overrides.csv and the history.

    `table` is overrides.csv. `record_edits` explains the other arguments.
    """
    known = {(change.student, change.function): change.new for change in history}
    current = {
        (student, function): state_of(override)
        for student, own in overrides.items()
        for function, override in own.items()
    }
    edits = [
        new_change(*key, known.get(key), state, How.FILE)
        for key, state in current.items()
        if state is not None and not state.is_same(known.get(key))
    ]
    rows = table.keys(StudentIndex(people))
    for (student, function), state in known.items():
        is_known = student in people and function in functions
        if state is not None and is_known and (student, function) not in rows | current.keys():
            edits.append(new_change(student, function, state, None, How.FILE))
    return edits
