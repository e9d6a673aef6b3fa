"""The self-check inside an nbgrader notebook: `score("function", globals())` in the hidden cell scores a function.

Theory of operation
    nbgrader takes the value of a cell's last line as its points. `course.notebooks` writes the call of `score` into the
    cell. Checks and goldens are never in a notebook: they are in the instructor's course folder. The path of this
    folder is in the environment variable COURSE, which the nbgrader_config.py of `grader release` sets.
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

from grader.core.language import choose_language, translator
from grader.core.outcome_text import outcome_summary
from grader.core.outcomes import Status
from grader.core.visible_text import visible
from grader.course.goldens import Golden
from grader.grading.verdicts.verdict import Verdict

COURSE = "AUTOGRADED_NBGRADER"
"""Environment variable with the path of the course folder."""

CHECKS, MANIFEST, FAULTS = "checks", ".autograded.json", "grader-faults.log"

FAULT = float("inf")
"""Points for a grader fault: more than any maximum, so nbgrader rejects the submission instead of scoring it zero."""

WIDTH = 88
"""Maximum number of characters in a line, so that nbgrader's feedback page shows it without scrolling."""


def score(function: str, names: Mapping[str, object], lang: str | None = None) -> float:
    """Return the points of a function in the namespace `names`, and print the result of each check."""
    language = choose_language(lang)
    tr, root = translator(language), Path(os.environ.get(COURSE, ""))
    learner_function = names.get(function)
    if not callable(learner_function):
        _print(tr("no function of the name {function} is defined above").format(function=function))
        return 0.0
    try:
        with _quiet():
            verdicts, shares, golden = _decide(root, function, learner_function)
    except Exception as error:  # noqa: BLE001  (nbgrader would score a cell that raises an exception as zero)
        return _fault(root, function, f"{type(error).__name__}: {error}", tr)
    if faults := [v for v in verdicts if v.status == Status.GRADER_FAULT]:
        return _fault(root, function, f"{faults[0].check.id}: {outcome_summary(faults[0].outcome)}", tr)
    if all(v.status == Status.NOT_ATTEMPTED for v in verdicts):
        _print(tr("not started"))
        return 0.0
    for verdict in verdicts:
        for line in _lines(verdict, shares[verdict.check.id], golden, language, tr):
            _print(line)
    return float(sum((shares[v.check.id] for v in verdicts if v.passed), Fraction(0)))


def _decide(
    root: Path, function: str, learner_function: Callable[..., object]
) -> tuple[list[Verdict], Mapping[str, Fraction], Golden]:
    from grader.course.discovery import read_course
    from grader.learner.handout_lookup import Handout
    from grader.learner.self_check import LiveFunctions, SelfCheck

    if not (root / CHECKS).is_dir():
        raise LookupError(f"{COURSE} does not name a course: is nbgrader_config.py of `grader release` in use?")
    exercise = read_course(root / CHECKS).exercise_of[function]
    golden = Handout(root / CHECKS).golden(exercise)
    seed = int(json.loads((root / MANIFEST).read_bytes())["seed"])
    check = SelfCheck(exercise, golden, LiveFunctions({function: learner_function}), seed=seed)
    verdicts = [check.run(declared) for declared in exercise.checks_of(function)]
    return verdicts, exercise.shares, golden


def _lines(
    verdict: Verdict,
    points: Fraction,
    golden: Golden,
    language: str,
    tr: Callable[[str], str],
) -> Iterator[str]:
    """Yield the lines about one check.

    Values of a hidden check are not shown, because hidden checks are used again next year.
    """
    from grader.grading.verdicts.explanation import explain

    earned = float(points) if verdict.passed else 0.0
    yield f"{'✓' if verdict.passed else '✗'} {earned:.2f}/{float(points):.2f}  {verdict.check.claim.in_(language)}"
    if verdict.passed:
        return
    if verdict.check.hidden:
        yield "    " + tr("(a hidden check)")
    else:
        yield from (f"    {line}" for line in explain(verdict, language).splitlines())
    for mistake in verdict.hints:
        yield "    " + tr("hint: ") + golden.hint(mistake, language)


def _fault(root: Path, function: str, detail: str, tr: Callable[[str], str]) -> float:
    """Write a grader fault to the log in the course folder, and return FAULT."""
    line = f"{Path.cwd()}: {function}: {detail}"
    with contextlib.suppress(OSError), (root / FAULTS).open("a", encoding="utf-8") as file:
        file.write(visible(" ".join(line.split())) + "\n")
    _print(tr("grader fault: {detail}").format(detail=detail))
    return FAULT


def _print(line: str) -> None:
    indent = " " * (len(line) - len(line.lstrip()))
    words = textwrap.wrap(visible(line), WIDTH, initial_indent="", subsequent_indent=f"{indent}      ")
    sys.stdout.write("\n".join(words or [""]) + "\n")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Discard all output, also that of C code: nbgrader treats any output on standard error as a failure."""
    with open(os.devnull, "w") as nowhere, contextlib.ExitStack() as stack:  # noqa: PTH123  (os.devnull is no path)
        for number in (1, 2):
            with contextlib.suppress(OSError):  # the host may have closed the descriptor
                original = os.dup(number)
                stack.callback(os.close, original)
                stack.callback(os.dup2, original, number)
                os.dup2(nowhere.fileno(), number)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield
