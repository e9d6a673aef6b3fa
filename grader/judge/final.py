"""The final score of a student: what the checks gave, what lateness takes, what a person decided."""

from __future__ import annotations

import msgspec

TOTAL = ""
"""Stands for the total where a function could stand."""


class Final(msgspec.Struct, frozen=True):
    """The total of one student as it counts, and how it came about.

    `raw_score` is what the checks gave; `scores` are those of the functions after overrides, before the penalty
    (None: a fault of the grader that nobody has decided on yet). `penalty` are the points that lateness takes, `why`
    says so in words. `comments` are a person's, by function (TOTAL: on the whole); `overridden` names the functions
    (and TOTAL) whose score a person set. `flags` say what a person must look at.
    """

    student: str
    score: float | None
    max_score: float
    raw_score: float | None
    penalty: float = 0.0
    why: str = ""
    scores: dict[str, float | None] = {}
    comments: dict[str, str] = {}
    overridden: list[str] = []
    flags: list[str] = []
    attempt: int = 1

    @property
    def comment(self) -> str:
        """All comments in one text."""
        return "; ".join(f"{function}: {text}" if function else text for function, text in self.comments.items())
