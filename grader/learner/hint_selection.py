"""Select the hints that a learner sees: the hint of a recognized mistake, then the function's own hints by level."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.course.goldens import Golden
from grader.course.hints import LEVELS
from grader.learner.progress import FunctionState
from grader.learner.state_folder import ShownHint


@dataclass(frozen=True)
class Hint:
    """One hint: `kind` is "mistake" or one of `course.hints.LEVELS`."""

    kind: str
    text: str


def next_hint_level(shown: ShownHint | None, mistakes: Sequence[str]) -> int:
    """Return the level of the next hint on a function: one above the last shown level, at most the highest level.

    shown: the last hint that was shown on the function; None if there was none.
    mistakes: ids of the mistakes that are recognized now. If they are others than at the last hint, the levels start
        again: at 0 (only the hint of the mistake) if a mistake is recognized, else at 1.
    """
    if shown is None or shown.mistakes != tuple(mistakes):
        return 0 if mistakes else 1
    return min(shown.level + 1, len(LEVELS))


def select_hints(state: FunctionState, golden: Golden, level: int, language: str) -> Iterator[Hint]:
    """Yield the hints up to a level (0 to 3). Hints of recognized mistakes come first, at any level."""
    mistakes = [golden.hints[mistake] for mistake in state.mistakes if mistake in golden.hints]
    for hint in mistakes:
        yield Hint("mistake", hint.in_(language))
    function_hints = golden.levels.get(state.function, ())
    for number, (name, hint) in enumerate(zip(LEVELS, function_hints, strict=False), 1):
        if number <= level:
            yield Hint(name, hint.in_(language))
