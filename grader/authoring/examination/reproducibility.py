"""Test that experiments are reproducible: with the same seed they return the same observations in every process.

Theory of operation
    Each solution runs twice with each seed. The second time it runs in another interpreter, with another hash seed,
    clock, time zone and working directory. If an observation differs, the solution runs again in several interpreters,
    each with at most one of these conditions changed. The first interpreter in which the observation differs shows the
    likely cause.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from grader.authoring.doctor_report import Finding
from grader.authoring.examination.source_runner import Outcomes, PendingResult, SourceRunner
from grader.authoring.golden_recording import FRESH
from grader.core.comparison import Tolerance, find_differences
from grader.core.outcome_text import outcome_summary
from grader.core.outcomes import Observed, Outcome
from grader.course.library import Library
from grader.execution.host.interpreter_conditions import (
    OTHER_FOLDER,
    OTHER_HASH_SEED,
    USUAL,
    Conditions,
    other_clock,
    other_in_all,
)
from grader.execution.host.pool import Pool, make_pool_without_sandbox
from grader.experiments.declaration import Check

CURE = "draw all random numbers from `given`, and observe nothing that depends on the cause"


@dataclass(frozen=True)
class _Difference:
    """A check whose observations differ between two runs with one seed; `words` describes the difference."""

    check: Check
    function: str
    seed: int
    words: str


def find_irreproducible(
    library: Library,
    pool: Pool,
    functions: Sequence[str],
    seeds: Sequence[int],
    meanwhile: Callable[[], None] = lambda: None,
) -> list[Finding]:
    """Return a finding for each check of these functions that is not reproducible.

    Only solutions and experiments run here. The authors of the course wrote this code, so the second interpreter needs
    no sandbox.

    meanwhile: a function that is called before this function waits for outcomes; it may submit more jobs to the pool.
    """
    first_jobs = [_start(library, pool, f, seeds) for f in functions]
    meanwhile()
    with make_pool_without_sandbox(library.experiment_files, 1, other_in_all()) as other:
        second_jobs = [_start(library, other, f, seeds) for f in functions]
        jobs = zip(functions, first_jobs, second_jobs, strict=True)
        outcomes = {f: (first().outcomes, second().outcomes) for f, first, second in jobs}
    found = [d for f, (first, second) in outcomes.items() for d in _differences(library, f, seeds, first, second)]
    firsts = {function: first for function, (first, _) in outcomes.items()}
    causes = _find_causes(library, found, firsts) if found else {}
    return [
        Finding(
            d.check.id,
            f"not reproducible with seed {d.seed}: {d.words}. Likely cause: {causes[d.check.id]}",
            CURE,
        )
        for d in found
    ]


def _start(library: Library, pool: Pool, function: str, seeds: Sequence[int]) -> PendingResult:
    runner = SourceRunner(library, pool, with_mutants=False)
    files = runner.files_of(function)
    (pending,) = runner.run(files, function, [files.solution], seeds)
    return pending


def _differences(
    library: Library, function: str, seeds: Sequence[int], first: Outcomes, second: Outcomes
) -> Iterator[_Difference]:
    """Yield, for each check whose outcomes differ between the first and the second run, its first difference."""
    for check in library.course.exercise_of[function].checks_of(function):
        for seed in seeds:
            words = _difference(check, first[check.id, seed], second[check.id, seed])
            if words:
                yield _Difference(check, function, seed, words)
                break


def _difference(check: Check, first: Outcome, second: Outcome) -> str:
    """Return how the second outcome differs from the first; empty if it does not, or if the first is no observation."""
    if not isinstance(first, Observed):
        return ""
    if not isinstance(second, Observed):
        return f"observed, then {outcome_summary(second)}"
    tolerance = Tolerance(check.tolerance.rtol * FRESH, check.tolerance.atol * FRESH)
    for difference in find_differences(second.values, first.values, tolerance):
        if difference.yours != difference.expected:  # equal descriptions: an opaque value is never equal to itself
            return f"{difference.where} is {difference.expected}, then {difference.yours}"
    return ""


def _find_causes(library: Library, found: Sequence[_Difference], first: Mapping[str, Outcomes]) -> dict[str, str]:
    """Return the likely cause of each difference; the key is the id of its check."""
    changes: tuple[tuple[Conditions, str], ...] = (
        (USUAL, "random numbers without the seed (such as default_rng() or random), or the address of an object"),
        (OTHER_HASH_SEED, "hash(), or the order of a set"),
        (other_clock(), "the time, the date or the time zone"),
        (OTHER_FOLDER, "the working directory, or a file in it"),
    )
    causes: dict[str, str] = {}
    for conditions, cause in changes:
        unknown = [d for d in found if d.check.id not in causes]
        if not unknown:
            break
        seeds = sorted({d.seed for d in unknown})
        with make_pool_without_sandbox(library.experiment_files, 1, conditions) as pool:
            running = {d.function: _start(library, pool, d.function, seeds) for d in unknown}
            outcomes = {function: pending().outcomes for function, pending in running.items()}
        for d in unknown:
            place = d.check.id, d.seed
            if _difference(d.check, first[d.function][place], outcomes[d.function][place]):
                causes[d.check.id] = cause
    return {d.check.id: causes.get(d.check.id, "something outside of the experiment") for d in found}
