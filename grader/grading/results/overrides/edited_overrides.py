"""Notice changes that a person made in overrides.csv itself, and add them to the history as "edited in the file".

Theory of operation
    The last line of the history about an override says what overrides.csv contained then. Any difference from what it
    contains now was edited by hand. A row whose score is wrong is no removal: it counts again when it is corrected.
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
    """Add the changes by hand to the history of a results folder, and return them.

    `overrides` are those of overrides.csv, by student and function. A removal is noticed of these `people` and
    `functions` only, because a narrower run does not know the others. Raises UsageError.
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
    """Return a change for each override that is not as the history has it; see `record_edits`."""
    known = {(change.student, change.function): change.new for change in history}
    current = {
        (student, function): state_of(one) for student, own in overrides.items() for function, one in own.items()
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
