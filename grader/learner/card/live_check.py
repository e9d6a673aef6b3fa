"""Check functions of a running session: find each function's exercise by its name, and run its public checks."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.core.errors import AuthoringErrors, nearest_names, suggest_names
from grader.core.language import translator
from grader.core.outcomes import Raised, Status
from grader.course.exercise import Exercise
from grader.course.goldens import Golden, StaleGoldenError
from grader.experiments.declaration import Check
from grader.grading.verdicts.failure_report import FailureReport, report_failure
from grader.grading.verdicts.pictures import Picture, make_picture
from grader.grading.verdicts.verdict import Verdict
from grader.learner.exercise_folder import explain_stale_golden
from grader.learner.handout_lookup import Handout, find_handouts
from grader.learner.next_step import rank_check, rank_function
from grader.learner.self_check import LiveFunctions, SelfCheck

MAX_PRINTED = 2000
"""Maximum number of characters of a function's output in one check that are stored: the last characters."""


@dataclass(frozen=True)
class CheckedClaim:
    """Result of one check: the verdict, the claim (`text`), the report of a failure, hints and printed output."""

    verdict: Verdict
    text: str
    report: FailureReport
    hints: tuple[str, ...]
    points: float
    picture: Picture | None = None
    printed: str = ""


@dataclass(frozen=True)
class CheckedFunction:
    """Results of all public checks on one live function."""

    exercise: Exercise
    function: str
    golden: Golden
    claims: tuple[CheckedClaim, ...]

    @property
    def passed(self) -> bool:
        """True if all public checks passed."""
        return all(claim.verdict.passed for claim in self.claims)

    @property
    def not_started(self) -> bool:
        """True if the function is still the stub."""
        return all(claim.verdict.status == Status.NOT_ATTEMPTED for claim in self.claims)

    @property
    def following(self) -> str:
        """Name of the next function of the exercise; empty if this is the last function."""
        names = [*self.exercise.points, ""]
        return names[names.index(self.function) + 1]

    @property
    def points(self) -> float:
        """Points of the passed public checks, rounded to 2 digits."""
        return round(sum(claim.points for claim in self.claims if claim.verdict.passed), 2)

    @property
    def max_points(self) -> float:
        """Points of all public checks, rounded to 2 digits."""
        return round(sum(claim.points for claim in self.claims), 2)


@dataclass(frozen=True)
class UncheckedFunction:
    """A value that cannot be checked: its name, and a text that says why and what to do."""

    name: str
    reason: str


def check_live(
    things: Sequence[object], start: Path, language: str, limit: float
) -> list[CheckedFunction | UncheckedFunction]:
    """Check live functions of the hand-out at or above the folder `start`.

    things: the values that were passed to `check`; a value that is no function of the hand-out gives an
        UncheckedFunction.
    limit: time limit for one check, in seconds.
    """
    found = list(find_handouts(start))
    if not things:
        tr = translator(language)
        return [
            UncheckedFunction("check", tr("pass the function itself, as in check({name})").format(name="my_function"))
        ]
    return [_check_value(thing, found, language, limit) for thing in things]


def _check_value(
    thing: object, found: Sequence[Handout], language: str, limit: float
) -> CheckedFunction | UncheckedFunction:
    tr = translator(language)
    try:
        homes = {name: hand for hand in reversed(found) for name in hand.course.exercise_of}
        name = next((n for n in _names(thing) if n in homes), None)
        if name is None or not callable(thing):
            return _unknown(thing, list(homes), list(found[0].course.exercise_of) if found else [], tr)
        exercise = homes[name].course.exercise_of[name]
        golden = homes[name].golden(exercise)
    except StaleGoldenError as error:
        return UncheckedFunction(_shown(thing), explain_stale_golden(error, language))
    except AuthoringErrors as error:
        cure = tr("download the exercises again, or run `grader sync` as an author")
        return UncheckedFunction(_shown(thing), f"{error}: {cure}")
    check = SelfCheck(exercise, golden, LiveFunctions({name: thing}), limit)
    claims = [_claim(check, declared, language) for declared in exercise.checks_of(name)]
    return CheckedFunction(exercise, name, golden, tuple(claims))


def _claim(check: SelfCheck, declared: Check, language: str) -> CheckedClaim:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        verdict = check.run(declared)
    if isinstance(verdict.outcome, Raised) and verdict.outcome.error == "KeyboardInterrupt":
        raise KeyboardInterrupt  # the learner has interrupted the cell
    return CheckedClaim(
        verdict=verdict,
        text=declared.claim.in_(language),
        report=report_failure(verdict, verdict.display, language),
        hints=tuple(check.golden.hint(mistake, language) for mistake in verdict.hints),
        points=check.golden.points.get(declared.id, 0.0),
        picture=make_picture(verdict, check.golden.references[declared.id]) if verdict.differences else None,
        printed=printed.getvalue()[-MAX_PRINTED:],
    )


def _names(thing: object) -> Iterator[str]:
    """Yield the names of a value: its `__name__`, then the variables in its module and in the session that hold it."""
    own = getattr(thing, "__name__", None)
    if isinstance(own, str):
        yield own
    spaces: list[Mapping[str, object]] = [getattr(thing, "__globals__", {}), vars(sys.modules["__main__"])]
    for space in spaces:
        yield from [name for name, value in list(space.items()) if value is thing]


def _unknown(thing: object, names: Sequence[str], listed: Sequence[str], tr: Callable[[str], str]) -> UncheckedFunction:
    """Return the reason why a value cannot be checked.

    names: the functions of all hand-outs that were found.
    listed: the functions to list if no name is similar.
    """
    if not names:
        return UncheckedFunction(
            _shown(thing), tr("no exercises were found here: work in the folder that holds exercises/, or below it")
        )
    if isinstance(thing, str):
        if thing in names:
            return UncheckedFunction(
                thing, tr("this is a name, not the function: write check({name})").format(name=thing)
            )
    elif not callable(thing):
        return UncheckedFunction(
            _shown(thing),
            tr("this is not a function: pass the function without calling it, as in check({name})").format(
                name=listed[0]
            ),
        )
    name = thing if isinstance(thing, str) else next(_names(thing), "")
    problem = tr("no exercise asks for a function of this name")
    return UncheckedFunction(_shown(thing), suggest_names(problem, nearest_names(name, names), listed, tr))


def _shown(thing: object) -> str:
    """Return the name of a value for messages; the name of its class if the value has none."""
    name = thing if isinstance(thing, str) else getattr(thing, "__name__", None)
    return name[:60] if isinstance(name, str) else type(thing).__name__


def next_step(parts: Sequence[CheckedFunction | UncheckedFunction], language: str) -> list[str]:
    """Return the next step in one to three lines; empty if no function was checked."""
    tr = translator(language)
    checked = [part for part in parts if isinstance(part, CheckedFunction)]
    unfinished = [part for part in checked if not part.passed]
    if unfinished:
        part = min(unfinished, key=lambda part: rank_function([claim.verdict.status for claim in part.claims]))
        claim = min(part.claims, key=lambda claim: rank_check(claim.verdict.status))
        return [tr("next: ") + part.function, claim.text]
    if not checked:
        return []
    lines = [tr("Every check passed."), tr("Hidden checks on other data decide the grade.")]
    return [*lines, tr("next: ") + checked[-1].following] if checked[-1].following else lines
