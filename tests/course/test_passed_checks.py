"""What mistakes are known to pass is not run again, and nothing that is said of a submission changes by it."""

import pytest

from grader.authoring.passed_checks_making import make_passed_checks
from grader.core.errors import AuthoringErrors
from grader.course.library import open_library
from grader.course.passed_checks import passed_checks_file
from grader.grading.verdicts.references import References
from tests.conftest import SEED
from tests.tools import edit

EXERCISE = "ex1_small"


class Counting:
    """The workers of the tests, and how many requests they were given."""

    def __init__(self, pool):
        self._pool, self.jobs, self.level, self.requests = pool, pool.jobs, pool.level, 0

    def submit(self, work):
        self.requests += sum(len(one.requests) for one in (work, *work.more))
        return self._pool.submit(work)


@pytest.fixture
def known_of(pool):
    """The verdicts on all mistakes of a course, and how many requests that took."""

    def run(root, everything=False):
        library, counting = open_library(root), Counting(pool)
        references = References(library, counting, SEED, everything=everything)
        functions = library.shelves[EXERCISE].exercise.points
        return {function: references.known(function) for function in functions}, counting.requests

    return run


@pytest.fixture
def written(course, known_of):
    """A course with the file, as `grader sync` writes it."""
    known, _ = known_of(course, everything=True)
    sources = open_library(course).sources(EXERCISE)
    passed_checks_file(course, EXERCISE).write_bytes(make_passed_checks(sources, known.values()))
    return course


def statuses(known):
    return {m: {c: (v.status, v.wrong) for c, v in of.items()} for by in known.values() for m, of in by.items()}


def test_fewer_tasks_and_the_same_verdicts(written, known_of):
    everything, all_requests = known_of(written, everything=True)
    known, requests = known_of(written)
    assert statuses(known) == statuses(everything)
    passed = sum(v.passed for by in everything.values() for of in by.values() for v in of.values())
    assert passed and all_requests - requests == passed


def passed_checks(course):
    return open_library(course).shelves[EXERCISE].passed_checks


def test_a_file_that_is_stale_or_damaged_or_missing_is_not_believed(written, known_of):
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


def test_a_mistake_that_is_no_python_is_found_as_soon_as_it_is_written(written):
    mistakes = written / "solutions" / "mistakes" / f"{EXERCISE}.toml"
    edit(mistakes, 'rate * 2 * y"\nnew = "', 'rate * 2 * y"\nnew = ")')
    with pytest.raises(AuthoringErrors, match="no Python"):
        open_library(written)
