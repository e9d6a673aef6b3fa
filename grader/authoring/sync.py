"""Generate the stubs, notebooks, goldens and files of passed checks of a course, and say which are out of date."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.authoring.doctor_report import Finding
from grader.authoring.examination.outcome_description import unobserved_solution
from grader.authoring.examination.reproducibility import find_irreproducible
from grader.authoring.examination.seeds import SEEDS
from grader.authoring.golden_recording import CourseOutcomes, is_fresh, make_golden, write_golden
from grader.authoring.passed_checks_recording import find_order_dependent, make_passed_checks
from grader.authoring.sync_preconditions import generated_paths
from grader.core.errors import AuthoringError, AuthoringErrors
from grader.core.outcomes import Observed
from grader.course.goldens import PUBLIC_SEED, StaleGoldenError, read_file
from grader.course.library import ExerciseFiles, Library
from grader.course.notebooks import Edition, make_notebook
from grader.execution.host.pool import Pool
from grader.grading.verdicts.references import References


@dataclass(frozen=True)
class GeneratedFile:
    """A generated file: its path and its new content; `fresh` is True if the file on disk is already up to date."""

    path: Path
    content: bytes
    fresh: bool


def generate(
    library: Library, pool: Pool, torch_version: str, exercises: Sequence[str] | None = None
) -> Iterator[GeneratedFile]:
    """Yield the generated files of these exercises, or of all exercises. The caller writes files that are not fresh.

    Raises AuthoringErrors before the first file if a solution gives no observation in a check, or if a check is not
    reproducible: then the golden would be wrong or random.
    """
    chosen = [library.exercise_files[name] for name in (library.exercise_files if exercises is None else exercises)]
    functions = [function for files in chosen for function in files.exercise.points]
    references = References(library, pool, PUBLIC_SEED, functions)
    references.mistakes.start(functions)
    findings = [finding for files in chosen for finding in _unobserved_checks(library.course.root, files, references)]
    findings += find_irreproducible(library, pool, functions, SEEDS[:2])
    if findings:
        raise AuthoringErrors([AuthoringError(finding.place, finding.found, finding.cure) for finding in findings])
    yield from generate_from(library, pool, torch_version, chosen, references)


def generate_from(
    library: Library, pool: Pool, torch_version: str, chosen: Sequence[ExerciseFiles], outcomes: CourseOutcomes
) -> Iterator[GeneratedFile]:
    """Yield the generated files of the exercises in `chosen`; `outcomes` were observed with the public seed."""
    mistakes = [mistake for files in chosen for mistake in files.mistakes]
    functions = [function for files in chosen for function in files.exercise.points]
    verdicts = {m: of for function in functions for m, of in outcomes.mistake_verdicts(function).items()}
    order_dependent = find_order_dependent(library, pool, mistakes, verdicts)
    for files in chosen:
        stub, notebook, golden, passed_checks = generated_paths(library.course.root, files)
        yield _plain(stub, files.stub.encode())
        yield _plain(notebook, make_notebook(files, Edition()))
        yield _golden(golden, files, outcomes, torch_version)
        name, known = files.exercise.name, map(outcomes.mistake_verdicts, files.exercise.points)
        yield _plain(passed_checks, make_passed_checks(library.sources(name), known, order_dependent))


def _unobserved_checks(root: Path, files: ExerciseFiles, references: References) -> Iterator[Finding]:
    """Yield a finding for each check of an exercise in which its solution gives no observation."""
    for check in files.exercise.checks:
        outcome = references.solution(check.function)[check.id]
        if not isinstance(outcome, Observed):
            yield unobserved_solution(root, files, check, PUBLIC_SEED, outcome)


def _plain(path: Path, content: bytes) -> GeneratedFile:
    """Return a generated file; `fresh` is True if the file on disk has the same bytes."""
    return GeneratedFile(path, content, path.is_file() and path.read_bytes() == content)


def _golden(path: Path, files: ExerciseFiles, outcomes: CourseOutcomes, torch_version: str) -> GeneratedFile:
    new = make_golden(files, outcomes, torch_version)
    try:
        fresh = is_fresh(read_file(path), new, {check.id: check for check in files.exercise.checks})
    except StaleGoldenError:
        fresh = False
    return GeneratedFile(path, write_golden(new), fresh)
