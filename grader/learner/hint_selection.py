"""Select the hints that a learner sees: the hint of a recognized mistake, then the function's own hints by level."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from grader.course.goldens import Golden
from grader.course.hints import LEVELS
from grader.learner.progress import FunctionState


@dataclass(frozen=True)
class Hint:
    """One hint: `kind` is "mistake" or one of `course.hints.LEVELS`."""

    kind: str
    text: str


def select_hints(state: FunctionState, golden: Golden, level: int, language: str) -> Iterator[Hint]:
    """Yield the hints up to a level (0 to 3).

    Hints of recognized mistakes come first, at any level, and replace the hint of level 1.
    """
    mistakes = [golden.hints[mistake] for mistake in state.mistakes if mistake in golden.hints]
    for hint in mistakes:
        yield Hint("mistake", hint.in_(language))
    function_hints = golden.levels.get(state.function, ())
    for number, (name, hint) in enumerate(zip(LEVELS, function_hints, strict=False), 1):
        if number <= level and not (number == 1 and mistakes):
            yield Hint(name, hint.in_(language))
