"""Find the overrides in overrides.csv that are not applied to the results yet, so that an export would lack them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from grader.core.visible_text import MAX_NAMED, visible
from grader.exports.export_data import ClassResults, StudentResult
from grader.grading.policy.final_score import TOTAL, FinalScore, Override
from grader.grading.policy.overrides import FILE, TOTAL_NAMES, OverrideTable, read_override_table, read_overrides


def pending_overrides(folder: Path, results: ClassResults) -> list[str]:
    """Return a line for each difference between overrides.csv and the results, and the command that applies them.

    A difference is an override that the results lack, an override that the results still have although it was removed
    from overrides.csv, or a row of overrides.csv that cannot be applied. The list is empty if there is no difference.

    folder: the results folder. Raises UsageError if its overrides.csv is not a table.
    """
    tr = results.tr
    maxima = {record.function: record.max_score for student in results.students for record in student.records}
    maxima[TOTAL] = results.maximum
    people = {student.id: student.metadata for student in results.students}
    table = _rows_of_graded_functions(read_override_table(folder), maxima)
    overrides, lines = read_overrides(table, people, maxima, tr)
    for student in results.students:
        lines += _differences(student, overrides.get(student.id, {}), results)
    if not lines:
        return []
    shown, more = [visible(line) for line in lines[:MAX_NAMED]], len(lines) - MAX_NAMED
    if more > 0:
        shown.append(tr("… and {more} more").format(more=more))
    command = shlex.join(["grader", "regrade", str(folder)])
    return [*shown, tr("To apply {file}, run: {command}").format(file=FILE, command=command)]


def _rows_of_graded_functions(table: OverrideTable, maxima: Mapping[str, float]) -> OverrideTable:
    """Return the table without the rows of functions that this run did not grade: they need not be applied."""

    def is_graded(row: list[str]) -> bool:
        function = table.cell(row, "function")
        return function.lower() in TOTAL_NAMES or function in maxima

    return replace(table, rows=[(line, row) for line, row in table.rows if is_graded(row)])


def _differences(student: StudentResult, overrides: Mapping[str, Override], results: ClassResults) -> Iterator[str]:
    """Yield a line for each function whose override in overrides.csv differs from that in the results."""
    tr, final = results.tr, student.final
    for function in dict.fromkeys([*overrides, *final.scores, *final.comments]):
        wanted, now = _in_table(overrides.get(function)), _in_results(final, function)
        if wanted == now:
            continue
        what = {"file": FILE, "student": student.name or student.id, "function": function or tr("total")}
        if wanted[0] == now[0]:
            yield tr("{file}: {student}, {function}: the comment is not in the results yet").format(**what)
        elif wanted[0] is None:
            words = tr("{file}: {student}, {function}: the score was removed, but the results still have {score:.2f}")
            yield words.format(**what, score=now[0])
        else:
            words = tr("{file}: {student}, {function}: {score:.2f} is not in the results yet")
            yield words.format(**what, score=wanted[0])


def _in_table(override: Override | None) -> tuple[float | None, str]:
    return (None, "") if override is None else (override.score, override.comment)


def _in_results(final: FinalScore, function: str) -> tuple[float | None, str]:
    return final.scores.get(function), final.comments.get(function, "")
