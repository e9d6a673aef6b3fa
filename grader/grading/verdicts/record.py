"""`FunctionRecord`: the verdicts of one function with their sentences, exactly as results.jsonl holds them."""

from __future__ import annotations

import msgspec


class CheckRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """One check of one function; `message` ends with the hints of the mistakes recognized in it.

    `call` is the first call of the function with its arguments, as Python code. `relation` says how the wrong values
    relate to the expected ones; None if it is not known. A passed check has neither: both are empty.
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
    """One line of results.jsonl; `source` is the graded file.

    `score` is None if the function is ungraded or the submission is missing. `fingerprint` is equal for answers that
    are wrong in the same way. It is empty unless every check of the function was decided, one failed, and no known
    mistake explains it. `encoding` is the encoding of the file, as "GB18030", and `remark` is a sentence about it for
    the student. Both are empty for UTF-8; with a wrong coding line in a UTF-8 file, only `remark` is set. `other_files`
    are files of the submission that also hold an answer, and were not graded; if `outcome` is `unreadable`, a person
    must choose the one of them that counts. `second_try` is set if the function timed out or crashed and ran once more:
    "same" if that ended the same way, "other" if it did not and the record is that of the second try. It is "left" if
    an interrupted run has not made the second try; then `score` is None. `remark` says so, too.
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
