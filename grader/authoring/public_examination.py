"""Examine the public checks of a function: mistakes that they miss or that look alike, inexact random tensors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from grader.authoring.doctor_report import DoctorReport, Finding
from grader.authoring.public_checks import MAX_PASSING, find_coincidences, passing_mistakes
from grader.course.library import ExerciseFiles
from grader.course.mistakes import Mistake
from grader.experiments.declaration import PUBLIC_SEED, Check
from grader.grading.verdicts.diagnosis import MistakeVerdicts

UNREVISED = frozenset(
    {
        "ex2_lenet",
        "ex6_by_hand",
        "ex7_manual_optim",
        "ex9_training",
    }
)
"""Exercises whose public checks are not revised yet: faults of these checks go to `to_do`, not to the findings."""


def examine_public_checks(
    files: ExerciseFiles,
    function: str,
    checks: Sequence[Check],
    mistakes: Mapping[str, Mistake],
    verdicts: Mapping[int, MistakeVerdicts],
    report: DoctorReport,
) -> None:
    """Add the findings about the public checks of a function to the report.

    `mistakes` maps ids to the mistakes of the function, `verdicts` maps seeds (also the public one) to the verdicts on
    all mistakes.
    """
    from grader.authoring.inexact_draws import inexact_draws  # this imports torch while the workers run

    report.inexact += inexact_draws(files, function)
    passing = passing_mistakes(checks, verdicts[PUBLIC_SEED])
    report.passing[function] = passing
    findings = report.to_do if files.exercise.name in UNREVISED else report.findings
    findings += _passing_findings(function, passing, mistakes)
    for coincidence in find_coincidences(checks, verdicts, PUBLIC_SEED, mistakes):
        alike = ", ".join(name.partition("__")[2] for name in coincidence.mistakes)
        found = f"the same wrong numbers ({', '.join(coincidence.names)}) come from {alike}"
        cure = "choose other inputs, or declare one belief of these mistakes"
        findings.append(Finding(coincidence.check.id, found, cure))


def _passing_findings(function: str, passing: Sequence[str], mistakes: Mapping[str, Mistake]) -> Iterator[Finding]:
    """Yield findings about the mistakes that pass all public checks: too many, or a reason that is missing or false."""
    if len(passing) > MAX_PASSING:
        found = f"{len(passing)} known mistakes pass all public checks; at most {MAX_PASSING} may"
        yield Finding(function, found, "add public checks of what the docstring promises")
    for mistake in mistakes.values():
        if mistake.id in passing and not mistake.passes_public:
            cure = "add a public check that catches it, or give the reason: passes_public"
            yield Finding(mistake.id, "it passes all public checks, without a reason", cure)
        if mistake.id not in passing and mistake.passes_public:
            found = "its reason for passing all public checks is out of date: it fails one"
            yield Finding(mistake.id, found, "remove passes_public")
