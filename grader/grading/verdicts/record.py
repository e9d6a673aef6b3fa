"""`FunctionRecord`: the verdicts on one function with claims and messages, exactly as results.jsonl holds them."""

from __future__ import annotations

import msgspec


class CheckRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """One check of one function.

    message: the explanation of a failed check, then the hints of the mistakes that were recognized in it.
    call: the first call of the function with its arguments, as Python code; empty for a passed check.
    relation: how the wrong values relate to the expected ones; None if this is not known, empty for a passed check.
    """

    name: str
    claim: str
    passed: bool
    points: float
    max_points: float
    message: str
    call: str = ""
    relation: str | None = ""


class FunctionRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of results.jsonl.

    score: points; None if the function is ungraded, or the submission is missing.
    source: name of the graded file.
    fingerprint: equal for answers that are wrong in the same way. The fingerprint is empty if the answer is right, if a
        known mistake explains it, or if a check ended without observations and without an exception.
    encoding: encoding of the graded file, such as "GB18030"; empty for UTF-8.
    remark: sentences for the student about the encoding of the file and about `second_try`. A UTF-8 file with a wrong
        coding line has a remark, too.
    other_files: files of the submission that also define the function, and that were not graded. If `outcome` is
        `unreadable`, a person must choose which of these files is graded.
    second_try: "same" or "other" if the function timed out or crashed and therefore ran a second time. "same": both
        tries ended the same way. "other": they did not, and the record describes the second try. "left": the run was
        interrupted before the second try, and `score` is None. Empty if no second try was needed.
    """

    student: str
    exercise: str
    function: str
    score: float | None
    max_score: float
    outcome: str
    mistakes: list[str]
    checks: list[CheckRecord]
    source: str
    seconds: float
    fingerprint: str = ""
    encoding: str = ""
    remark: str = ""
    other_files: list[str] = []
    second_try: str = ""
