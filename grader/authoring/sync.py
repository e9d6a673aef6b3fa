"""Generate the stubs, notebooks, goldens and files of passed checks of a course. Report which are up to date."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.authoring.examination.reproducibility import find_irreproducible
from grader.authoring.examination.source_runner import SEEDS
from grader.authoring.golden_making import is_fresh, make_golden, write_golden
from grader.authoring.passed_checks_making import make_passed_checks
from grader.core.errors import AuthoringError, AuthoringErrors
from grader.course.discovery import NOTEBOOKS, PUBLIC
from grader.course.goldens import PUBLIC_SEED, StaleGoldenError, read_file
from grader.course.library import ExerciseFiles, Library
from grader.course.notebooks import Edition, make_notebook
from grader.course.passed_checks import passed_checks_file
from grader.execution.host.pool import Pool
from grader.grading.verdicts.references import References


@dataclass(frozen=True)
class GeneratedFile:
    """A generated file: its path and its new content; `fresh` is True if the file on disk is already up to date."""

    path: Path
    content: bytes
    fresh: bool


def generate(library: Library, pool: Pool, torch_version: str) -> Iterator[GeneratedFile]:
    """Yield all generated files of a course; the caller writes those that are not fresh.

    Raises AuthoringErrors before the first file if a check is not reproducible: its golden would be chance.
    """
    if findings := find_irreproducible(library, pool, list(library.course.exercise_of), SEEDS[:2]):
        raise AuthoringErrors([AuthoringError(finding.place, finding.found, finding.cure) for finding in findings])
    references = References(library, pool, PUBLIC_SEED, run_all_checks=True)
    for files in library.exercise_files.values():
        yield _plain(library.course.root / PUBLIC / files.file, files.stub.encode())
        yield _plain(library.course.root / PUBLIC / NOTEBOOKS / files.notebook, make_notebook(files, Edition()))
        yield _golden(library.course.root, files, references, torch_version)
        name, known = files.exercise.name, map(references.mistake_verdicts, files.exercise.points)
        yield _plain(passed_checks_file(library.course.root, name), make_passed_checks(library.sources(name), known))


def _plain(path: Path, content: bytes) -> GeneratedFile:
    """Return a generated file; `fresh` is True if the file on disk has the same bytes."""
    return GeneratedFile(path, content, path.is_file() and path.read_bytes() == content)


def _golden(root: Path, files: ExerciseFiles, references: References, torch_version: str) -> GeneratedFile:
    path = root / PUBLIC / "golden" / f"{files.exercise.name}.json"
    new = make_golden(files, references, torch_version)
    try:
        fresh = is_fresh(read_file(path), new, {check.id: check for check in files.exercise.checks})
    except StaleGoldenError:
        fresh = False
    return GeneratedFile(path, write_golden(new), fresh)
