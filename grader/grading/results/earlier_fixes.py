"""Stop a run that leaves out fixes of the last run, because it would grade the files without the fixes."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import msgspec

from grader.core.errors import DAMAGED, UsageError
from grader.core.files.regular_files import open_regular
from grader.core.visible_text import join_and_count_names, visible
from grader.grading.results.result_files import FINALS


class _FixOfLine(msgspec.Struct):
    """The student and the fix in a line of finals.jsonl; the other keys are skipped."""

    student: str
    fix: Any = None


def refuse_to_leave_out_fixes(out: Path, students: Iterable[str], fixed: Collection[str]) -> None:
    """Raise UsageError if the last run graded one of these students with a fix, and this run has no fix for them.

    `fixed` are the students with a fix in this run.
    """
    earlier = read_fixed_students(out)
    left_out = [student for student in dict.fromkeys(students) if student in earlier and student not in fixed]
    if left_out:
        raise UsageError(
            "{file}: graded with a fix that is not in this run: {students}. To keep the fixes, pass their folder with "
            "--fixes DIR (it has a folder for each of these students). To grade what these students submitted, "
            "add --replace",
            file=out / FINALS,
            students=visible(join_and_count_names(left_out)),
        )


def read_fixed_students(out: Path) -> set[str]:
    """Return the students whose files a fix changed in the last finished run; none if finals.jsonl cannot be read."""
    decoder = msgspec.json.Decoder(_FixOfLine)
    try:
        with open_regular(out / FINALS) as file:
            return {line.student for line in map(decoder.decode, file) if line.fix}
    except (OSError, *DAMAGED):
        return set()
