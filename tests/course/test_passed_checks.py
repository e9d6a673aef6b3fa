"""Mistakes are not run on checks that they are known to pass, and the verdicts do not change."""

import pytest

from grader.authoring.passed_checks_making import make_passed_checks
from grader.core.errors import AuthoringErrors
from grader.course.library import open_library
from grader.course.passed_checks import passed_checks_file
from grader.grading.verdicts.references import References
from tests.conftest import SEED
from tests.tools import edit

EXERCISE = "ex1_small"


class CountingPool:
    """A pool that counts the checks it runs."""

    def __init__(self, pool):
        self._pool, self.jobs, self.level, self.count = pool, pool.jobs, pool.level, 0

    def submit(self, work):
        self.count += sum(len(one.requests) for one in (work, *work.more))
        return self._pool.submit(work)


@pytest.fixture
def known_of(pool):
    """A function that returns the verdicts on all mistakes of a course, and how many checks it ran for them."""

    def run(root, everything=False):
        library, counting = open_library(root), CountingPool(pool)
        references = References(library, counting, SEED, everything=everything)
        functions = library.exercise_files[EXERCISE].exercise.points
        return {function: references.known(function) for function in functions}, counting.count

    return run


@pytest.fixture
def written(course, known_of):
    """A course with the file of passed checks, as `grader sync` writes it."""
    known, _ = known_of(course, everything=True)
    sources = open_library(course).sources(EXERCISE)
    passed_checks_file(course, EXERCISE).write_bytes(make_passed_checks(sources, known.values()))
    return course


def statuses(known):
    return {m: {c: (v.status, v.wrong) for c, v in of.items()} for by in known.values() for m, of in by.items()}


def test_fewer_checks_are_run_with_the_same_verdicts(written, known_of):
    everything, all_runs = known_of(written, everything=True)
    known, runs = known_of(written)
    assert statuses(known) == statuses(everything)
    passed = sum(v.passed for by in everything.values() for of in by.values() for v in of.values())
    assert passed and all_runs - runs == passed


def passed_checks(course):
    return open_library(course).exercise_files[EXERCISE].passed_checks


def test_a_stale_damaged_or_missing_file_is_ignored(written, known_of):
    file = passed_checks_file(written, EXERCISE)
    assert passed_checks(written)
    solution = written / "solutions" / f"{EXERCISE}.py"
    solution.write_text(solution.read_text("utf-8") + "\n# changed\n", "utf-8")
    assert not passed_checks(written)
    file.write_bytes(b"{}")
    assert not passed_checks(written)
    file.unlink()
    assert not passed_checks(written)
    assert known_of(written)[1] == known_of(written, everything=True)[1]


def test_a_new_mistake_with_a_syntax_error_is_reported(written):
    mistakes = written / "solutions" / "mistakes" / f"{EXERCISE}.toml"
    edit(mistakes, 'rate * 2 * y"\nnew = "', 'rate * 2 * y"\nnew = ")')
    with pytest.raises(AuthoringErrors, match="syntax error"):
        open_library(written)
