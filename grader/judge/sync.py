"""Generate stubs, notebooks, goldens, and which checks mistakes pass. Nothing is written that is fresh already."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.declare.catalog import NOTEBOOKS, PUBLIC
from grader.judge.golden import PUBLIC_SEED, StaleGoldenError, read_file
from grader.judge.golden_making import is_fresh, make_golden, write_golden
from grader.judge.library import Library, Shelf
from grader.judge.notebooks import Edition, make_notebook
from grader.judge.passed_checks import passed_checks_file
from grader.judge.passed_checks_making import make_passed_checks
from grader.judge.references import References
from grader.run.pool import Pool


@dataclass(frozen=True)
class Generated:
    """A generated file: its path, what it should hold, and whether it does."""

    path: Path
    content: bytes
    fresh: bool


def generate(library: Library, pool: Pool, torch_version: str) -> Iterator[Generated]:
    """Every generated file of a course."""
    references = References(library, pool, PUBLIC_SEED, everything=True)
    for shelf in library.shelves.values():
        yield _plain(library.course.root / PUBLIC / shelf.file, shelf.stub.encode())
        yield _plain(library.course.root / PUBLIC / NOTEBOOKS / shelf.notebook, make_notebook(shelf, Edition()))
        yield _golden(library.course.root, shelf, references, torch_version)
        name, known = shelf.exercise.name, map(references.known, shelf.exercise.points)
        yield _plain(passed_checks_file(library.course.root, name), make_passed_checks(library.sources(name), known))


def _plain(path: Path, content: bytes) -> Generated:
    """A file that is fresh when its bytes are."""
    return Generated(path, content, path.is_file() and path.read_bytes() == content)


def _golden(root: Path, shelf: Shelf, references: References, torch_version: str) -> Generated:
    path = root / PUBLIC / "golden" / f"{shelf.exercise.name}.json"
    new = make_golden(shelf, references, torch_version)
    try:
        fresh = is_fresh(read_file(path), new, {check.id: check for check in shelf.exercise.checks})
    except StaleGoldenError:
        fresh = False
    return Generated(path, write_golden(new), fresh)
