"""Find known mistakes that pass all public checks, and known mistakes with the same wrong numbers in a public check.

Students run public checks with the public seed only. If their mistake passes all public checks, they get no hint before
grading. If two mistakes return the same wrong numbers in a check, a student may get the hint of the wrong one, although
the numbers agree only by accident: with other sizes or random numbers, the mistakes would return different numbers.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from grader.authoring.doctor_report import DoctorReport, Finding
from grader.core.outcomes import Observed
from grader.core.values import Array
from grader.course.library import ExerciseFiles
from grader.course.mistakes import Mistake
from grader.experiments.declaration import PUBLIC_SEED, Check
from grader.grading.verdicts.diagnosis import MistakeVerdicts, explains_in_full
from grader.grading.verdicts.verdict import Verdict

MAX_PASSING = 3
"""Maximum number of mistakes of one function that may pass all public checks."""

MAX_PASSING_SHARE = 0.05
"""Maximum fraction of a course's mistakes that may pass all public checks. However few mistakes a course has,
MAX_PASSING of them may pass."""


@dataclass(frozen=True)
class Coincidence:
    """Different mistakes that have the same wrong numbers in a check; `names` are the names of these observations."""

    check: Check
    mistakes: tuple[str, ...]
    names: tuple[str, ...]


def max_passing(mistakes: int) -> int:
    """Return how many mistakes of a course may pass all public checks; `mistakes` is the number of all its mistakes."""
    return max(MAX_PASSING, math.ceil(MAX_PASSING_SHARE * mistakes))


def passing_mistakes(checks: Sequence[Check], known: MistakeVerdicts) -> list[str]:
    """Return the mistakes that pass all public checks; `known` are the verdicts on mistakes with the public seed."""
    public = [check.id for check in checks if not check.hidden]
    return [m for m, verdicts in known.items() if all(verdicts[id].passed for id in public if id in verdicts)]


def find_coincidences(
    checks: Sequence[Check], known: Mapping[int, MistakeVerdicts], public_seed: int, mistakes: Mapping[str, Mistake]
) -> Iterator[Coincidence]:
    """Yield the coincidences in public checks.

    Two mistakes coincide in a check if they have the same wrong observations with the same values, at least one of
    these values is a number or a tensor, and the mistakes differ in another check or with another seed. Mistakes with
    the same hint or the same belief never coincide, because it makes no difference which of them is named.

    known: seed -> verdicts on the known mistakes.
    """
    at_public = known[public_seed]
    for check in checks:
        if check.hidden:
            continue
        failed = {m: v[check.id] for m, v in at_public.items() if check.id in v and not v[check.id].passed}
        groups: list[tuple[set[str], set[str]]] = []
        for first, second in combinations(failed, 2):
            if _one_belief(mistakes[first], mistakes[second]):
                continue
            names = _numbers(failed[first])
            if names and explains_in_full(failed[first], failed[second]) and _differ(known, first, second):
                _add(groups, {first, second}, names)
        for group, names in groups:
            yield Coincidence(check, tuple(m for m in failed if m in group), tuple(sorted(names)))


def _one_belief(first: Mistake, second: Mistake) -> bool:
    return first.hint == second.hint or (first.belief != "" and first.belief == second.belief)


def _numbers(verdict: Verdict) -> set[str]:
    """Return the names of the wrong observations that are numbers or tensors."""
    if not isinstance(verdict.outcome, Observed):
        return set()
    values = verdict.outcome.values
    return {name for name in verdict.wrong if isinstance(values.get(name), Array | float)}


def _differ(known: Mapping[int, MistakeVerdicts], first: str, second: str) -> bool:
    """Return whether two mistakes have different verdicts in some check with some seed."""
    for verdicts in known.values():
        ours, theirs = verdicts[first], verdicts[second]
        for check in ours.keys() & theirs.keys():
            if ours[check].passed != theirs[check].passed:
                return True
            if not ours[check].passed and not explains_in_full(ours[check], theirs[check]):
                return True
    return False


def _add(groups: list[tuple[set[str], set[str]]], pair: Iterable[str], names: set[str]) -> None:
    """Add a pair of mistakes to the group that contains one of the two; if there is none, add a new group."""
    for group, known_names in groups:
        if group & set(pair):
            group |= set(pair)
            known_names |= names
            return
    groups.append((set(pair), set(names)))


def examine_public_checks(
    files: ExerciseFiles,
    function: str,
    checks: Sequence[Check],
    mistakes: Mapping[str, Mistake],
    verdicts: Mapping[int, MistakeVerdicts],
    report: DoctorReport,
) -> None:
    """Add the findings about the public checks of a function to the report.

    mistakes: id -> known mistake of the function.
    verdicts: seed -> verdicts on these mistakes; the public seed is one of the seeds.
    """
    # Imported here, because it imports torch: meanwhile the workers run.
    from grader.authoring.examination.inexact_draws import inexact_draws

    report.inexact += inexact_draws(files, function)
    passing = passing_mistakes(checks, verdicts[PUBLIC_SEED])
    report.passing[function] = passing
    findings = report.findings
    uncaught = {m for m, found in verdicts[PUBLIC_SEED].items() if all(v.passed for v in found.values())}
    findings += _passing_findings(function, passing, mistakes, uncaught)
    for coincidence in find_coincidences(checks, verdicts, PUBLIC_SEED, mistakes):
        alike = ", ".join(name.partition("__")[2] for name in coincidence.mistakes)
        found = f"the same wrong numbers ({', '.join(coincidence.names)}) come from {alike}"
        cure = "choose other inputs, or declare one belief of these mistakes"
        findings.append(Finding(coincidence.check.id, found, cure))


def _passing_findings(
    function: str, passing: Sequence[str], mistakes: Mapping[str, Mistake], uncaught: Collection[str]
) -> Iterator[Finding]:
    """Yield findings about mistakes that pass all public checks: they are too many, or a reason is missing or wrong.

    uncaught: mistakes that pass the hidden checks, too. `MistakeExamination` reports them, so they need no reason.
    """
    if len(passing) > MAX_PASSING:
        found = f"{len(passing)} known mistakes pass all public checks; at most {MAX_PASSING} may"
        yield Finding(function, found, "add public checks of what the docstring promises")
    for mistake in mistakes.values():
        if mistake.id in passing and mistake.id not in uncaught and not mistake.passes_public:
            cure = "add a public check that catches it, or give the reason: passes_public"
            yield Finding(mistake.id, "it passes all public checks, without a reason", cure)
        if mistake.id not in passing and mistake.passes_public:
            found = "its reason for passing all public checks is out of date: it fails one"
            yield Finding(mistake.id, found, "remove passes_public")
