"""What nbgrader runs in a cell of checks: `score("function", globals())`.

nbgrader takes the number that a cell ends with for its points. The checks, public and hidden, and what the solution
gives on them, lie in the instructor's course folder and never in a notebook; nbgrader_config.py says where.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path

from grader.core.errors import GraderError
from grader.core.language import choose_language, translator
from grader.core.outcome_text import outcome_summary
from grader.core.outcomes import Status
from grader.core.visible_text import visible
from grader.grading.verdicts.verdict import Verdict

COURSE = "AUTOGRADED_NBGRADER"
"""The environment variable that names the course folder."""

CHECKS, MANIFEST, FAULTS = "checks", ".autograded.json", "grader-faults.log"

FAULT = float("inf")
"""More than any maximum: nbgrader then refuses the whole submission, with an error, instead of giving it a zero."""

WIDTH = 88
"""Characters of a line: what a page of feedback shows without scrolling."""


def score(function: str, names: Mapping[str, object], lang: str | None = None) -> float:
    """The points of a function of the running notebook; prints what each check found."""
    language = choose_language(lang)
    tr, root = translator(language), Path(os.environ.get(COURSE, ""))
    found = names.get(function)
    if not callable(found):
        _say(tr("no function of the name {function} is defined above").format(function=function))
        return 0.0
    try:
        with _quiet():
            verdicts, shares, hints = _judge(root, function, found)
    except (GraderError, LookupError, OSError, ValueError) as error:
        return _fault(root, function, f"{type(error).__name__}: {error}", tr)
    if faults := [v for v in verdicts if v.status == Status.GRADER_FAULT]:
        return _fault(root, function, f"{faults[0].check.id}: {outcome_summary(faults[0].outcome)}", tr)
    if all(v.status == Status.NOT_ATTEMPTED for v in verdicts):
        _say(tr("not started"))
        return 0.0
    for verdict in verdicts:
        for line in _lines(verdict, shares[verdict.check.id], hints, language, tr):
            _say(line)
    return float(sum((shares[v.check.id] for v in verdicts if v.passed), Fraction(0)))


def _judge(
    root: Path, function: str, found: Callable[..., object]
) -> tuple[list[Verdict], Mapping[str, Fraction], Mapping[str, tuple[str, str]]]:
    from grader.course.discovery import read_course
    from grader.learner.handout_lookup import Handout
    from grader.learner.self_check import LiveFunctions, SelfCheck

    if not (root / CHECKS).is_dir():
        raise LookupError(f"{COURSE} does not name a course: is nbgrader_config.py of `grader release` in use?")
    exercise = read_course(root / CHECKS).home[function]
    golden = Handout(root / CHECKS).golden(exercise)
    seed = int(json.loads((root / MANIFEST).read_bytes())["seed"])
    check = SelfCheck(exercise, golden, LiveFunctions({function: found}), seed=seed)
    verdicts = [check.run(declared) for declared in exercise.checks_of(function)]
    return verdicts, exercise.shares, golden.hints


def _lines(
    verdict: Verdict,
    points: Fraction,
    hints: Mapping[str, tuple[str, str]],
    language: str,
    tr: Callable[[str], str],
) -> Iterator[str]:
    """A check in words. Of a hidden one the inputs and values stay hidden: they serve the next class as well."""
    from grader.grading.verdicts.explanation import explain

    earned = float(points) if verdict.passed else 0.0
    yield f"{'✓' if verdict.passed else '✗'} {earned:.2f}/{float(points):.2f}  {verdict.check.claim(language)}"
    if verdict.passed:
        return
    if verdict.check.hidden:
        yield "    " + tr("(a hidden check)")
    else:
        yield from (f"    {line}" for line in explain(verdict, language).splitlines())
    for mistake in verdict.hints:
        en, zh = hints.get(mistake, ("", ""))
        yield "    " + tr("hint: ") + (zh if language == "zh" else en)


def _fault(root: Path, function: str, detail: str, tr: Callable[[str], str]) -> float:
    """Note a fault of ours where the instructor finds it; what nbgrader then takes for no score."""
    line = f"{Path.cwd()}: {function}: {detail}"
    with contextlib.suppress(OSError), (root / FAULTS).open("a", encoding="utf-8") as file:
        file.write(visible(" ".join(line.split())) + "\n")
    _say(tr("grader fault: {detail}").format(detail=detail))
    return FAULT


def _say(line: str) -> None:
    indent = " " * (len(line) - len(line.lstrip()))
    words = textwrap.wrap(visible(line), WIDTH, initial_indent="", subsequent_indent=f"{indent}      ")
    sys.stdout.write("\n".join(words or [""]) + "\n")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Let nothing through, not even from below Python: nbgrader takes any word on standard error for a failure."""
    with open(os.devnull, "w") as nowhere, contextlib.ExitStack() as stack:  # noqa: PTH123  (os.devnull is no path)
        for number in (1, 2):
            with contextlib.suppress(OSError):  # where a host has closed it
                kept = os.dup(number)
                stack.callback(os.close, kept)
                stack.callback(os.dup2, kept, number)
                os.dup2(nowhere.fileno(), number)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield
