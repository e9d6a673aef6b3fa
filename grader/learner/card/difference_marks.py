"""Mark the parts in which two shown values differ, such as the last digits of 0.47 and 0.48."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from markupsafe import Markup

from grader.core.comparison import Difference
from grader.core.visible_text import visible
from grader.grading.verdicts.explanation import describe_difference

WORD = re.compile(r"\w+|\W")
NUMBER = re.compile(r"-?\d[\d.e+-]*")


def marked_sentence(difference: Difference, language: str) -> str:
    """Return the sentence about a difference as markup, with the differing parts of both values marked."""
    shown = replace(
        difference,
        where=visible(difference.where),
        yours=visible(difference.yours),
        expected=visible(difference.expected),
    )
    yours, expected = marked(shown.yours, shown.expected)
    return describe_difference(shown, language, Markup, yours, expected)


def marked(yours: str, expected: str) -> tuple[Markup, Markup]:
    """Return both texts with <mark> around the parts that differ: for numbers by digits, else by words."""
    if NUMBER.fullmatch(yours) and NUMBER.fullmatch(expected):
        same = next(
            (i for i, (a, b) in enumerate(zip(yours, expected, strict=False)) if a != b), min(len(yours), len(expected))
        )
        return _mark([yours[:same]], [yours[same:]]), _mark([expected[:same]], [expected[same:]])
    mine, right = WORD.findall(yours), WORD.findall(expected)
    first, second = Markup(), Markup()
    for tag, a, b, c, d in SequenceMatcher(None, mine, right, autojunk=False).get_opcodes():
        same_here = tag == "equal"
        first += _mark(mine[a:b], []) if same_here else _mark([], mine[a:b])
        second += _mark(right[c:d], []) if same_here else _mark([], right[c:d])
    return first, second


def _mark(same: Sequence[str], other: Sequence[str]) -> Markup:
    """Return `same` as plain text, followed by `other` in <mark>."""
    end = Markup("<mark>{}</mark>").format("".join(other)) if other and any(other) else Markup()
    return Markup("{}").format("".join(same)) + end
