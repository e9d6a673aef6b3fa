"""PrairieLearn: the results.json of an external grader, for each student."""

from __future__ import annotations

import msgspec

from grader.exports.cell_text import claim, shown, total
from grader.exports.export_data import Exported, Order, Results, StudentResult
from grader.exports.file_per_student import write_each

LIMIT = 1_000_000
"""Bytes that PrairieLearn takes; a little less than its 1 MB, whichever way it counts."""
CUTS = (20_000, 2_000, 200, 0)
"""Characters of a message, tried in turn until everything fits."""


class Test(msgspec.Struct, frozen=True):
    """One check. Without points in one of them PrairieLearn would show none, so a fault has 0 of 0: neutral."""

    name: str
    description: str
    points: float
    max_points: float
    message: str


class Document(msgspec.Struct, frozen=True, omit_defaults=True):
    """results.json. `gradable` false gives the attempt back."""

    gradable: bool
    message: str
    score: float | None = None
    tests: list[Test] = []


def export(results: Results, order: Order) -> Exported:
    """Write STUDENT/results.json."""
    return write_each(results, order, "results.json", lambda student: encode(results, student))


def encode(results: Results, student: StudentResult) -> bytes:
    """The results.json of one student, small enough to be taken."""
    for cut in CUTS:
        data = msgspec.json.encode(document(results, student, cut)) + b"\n"
        if len(data) <= LIMIT:
            return data
    whole = document(results, student, 0)
    return msgspec.json.encode(msgspec.structs.replace(whole, tests=[])) + b"\n"


def document(results: Results, student: StudentResult, cut: int = CUTS[0]) -> Document:
    """What PrairieLearn shows of one student. A fault of the grader is no attempt, and no zero."""
    score, tr = student.score, results.tr
    share = None if score is None else min(1.0, max(0.0, score / student.maximum)) if student.maximum else 0.0
    words = [*total(student, tr), *([shown(student.human)] if student.human else [])]
    return Document(
        gradable=score is not None,
        message="\n".join(words)[: CUTS[0]],
        score=share,
        tests=[
            Test(
                name=record.function,
                description=claim(check)[:1_000],
                points=0.0 if record.score is None else round(check.points, 2),
                max_points=0.0 if record.score is None else round(check.max_points, 2),
                message=shown(check.message[:cut]),
            )
            for record in results.shown_to(student)
            for check in record.checks
        ],
    )


def failed(output: str) -> bytes:
    """The results.json of a submission that could not be graded at all: the attempt is given back."""
    return msgspec.json.encode(Document(gradable=False, message=shown(output)[: CUTS[0]])) + b"\n"
