"""What to tell a learner who asks for a hint: her own mistake when it is known, else one level after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from grader.course.goldens import Golden
from grader.course.hints import LEVELS
from grader.learner.progress import FunctionState


@dataclass(frozen=True)
class Tip:
    """One hint: its kind ("mistake", or a level's name) and its words."""

    kind: str
    text: str


def tips(state: FunctionState, golden: Golden, level: int, language: str) -> Iterator[Tip]:
    """The hints up to a level. A recognised mistake's takes the place of the first level; level 0 is such alone."""
    mistakes = [golden.hints[mistake] for mistake in state.mistakes if mistake in golden.hints]
    for pair in mistakes:
        yield Tip("mistake", _in(pair, language))
    own = golden.levels.get(state.function, ())
    for number, (name, pair) in enumerate(zip(LEVELS, own, strict=False), 1):
        if number <= level and not (number == 1 and mistakes):
            yield Tip(name, _in(pair, language))


def _in(pair: tuple[str, str], language: str) -> str:
    return pair[1] if language == "zh" else pair[0]
