"""Note for the instructor about bonuses: what an export does with scores that a person set above the maximum."""

from __future__ import annotations

from grader.core.visible_text import join_names, visible
from grader.exports.export_data import ClassResults, StudentResult

TOTAL_ONLY = ("canvas", "moodle", "gradescope", "prairielearn", "junit")
"""Targets that receive only the total of each student, not the points of each function."""


def bonus_note(target: str, results: ClassResults) -> str:
    """Return who has a bonus, and what the target system (such as Canvas) does with it; empty if nobody has a bonus."""
    names = [student.name or student.id for student in results.students if _has_bonus(student, target)]
    if not names:
        return ""
    tr = results.tr
    treatment = {
        "canvas": tr("Canvas counts the points above the maximum as extra points."),
        "moodle": tr("Moodle refuses a grade above the maximum, so these rows are left out."),
        "gradescope": tr("Gradescope shows the whole score."),
        "github": tr("GitHub Classroom gets the points of the checks, without the bonus."),
        "prairielearn": tr("PrairieLearn accepts at most 100 %. The bonus is not exported."),
        "nbgrader": tr("nbgrader keeps the bonus of a function; a bonus of the total is not exported."),
    }.get(target, tr("The file has the whole score."))
    words = tr("scores above the maximum ({count}): {students}. {treatment}")
    return visible(words.format(count=len(names), students=join_names(names), treatment=treatment))


def _has_bonus(student: StudentResult, target: str) -> bool:
    scores = [(student.score, student.maximum)]
    if target not in TOTAL_ONLY:
        scores += [(student.function_score(record), record.max_score) for record in student.records]
    return any(score is not None and round(score - maximum, 2) > 0 for score, maximum in scores)
