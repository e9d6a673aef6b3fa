"""Fixtures for all tests: the miniature course, and one warm pool for the session, since a zygote starts in seconds."""

import hypothesis
import pytest

from grader.core.errors import UsageError
from grader.course.library import open_library
from grader.execution.guest.default_limits import MEMORY_LIMIT, TIME_LIMIT
from grader.execution.guest.job import CheckRequest, Job
from grader.execution.host.pool import make_sandboxed_pool
from grader.execution.host.sandbox_levels import Level
from grader.grading.runs.submission_grader import SubmissionGrader
from grader.grading.verdicts.references import References
from tests import browser as chromium
from tests.fork_server.starting import zygotes_in_forks
from tests.tools import COURSE, PROBES, copy_course, unavailable

collect_ignore = ["miniature_course"]  # its tests check stubs, which are unfinished on purpose

SEED = 7

hypothesis.settings.register_profile(
    "shared machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("shared machine")  # a busy machine must not fail a test


def pytest_collection_modifyitems(items):
    """Begin with the files marked `long`, so that no process still runs a long file when the others have finished.

    The order of the tests in a file stays. With several processes this needs `--no-loadscope-reorder`: by default xdist
    begins with the files that have the most tests.
    """
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(scope="session")
def library():
    """The miniature course with its solutions, read once. Tests must not change it: the fixture `course` is a copy."""
    return open_library(COURSE)


@pytest.fixture(scope="session")
def pool(library):
    """A warm worker with the miniature course and the probes, in the strongest sandbox that works here, or in none."""
    files = [*library.experiment_files, (str(PROBES), PROBES.read_bytes())]
    try:
        new_pool = make_sandboxed_pool(files, 1, "auto", MEMORY_LIMIT, TIME_LIMIT)
    except UsageError:
        new_pool = make_sandboxed_pool(files, 1, "none", MEMORY_LIMIT, TIME_LIMIT)
    with new_pool as pool:
        yield pool


@pytest.fixture(scope="session")
def sandbox(pool):
    """Skip a test that needs a sandbox of level full or core if this machine has no such sandbox."""
    if pool.level not in (Level.FULL, Level.CORE):
        unavailable("this machine has no sandbox of level full or core")


@pytest.fixture(scope="module")
def forked_zygotes():
    """Make the pools of a test module start their zygotes as forks of a process that has imported torch."""
    with zygotes_in_forks():
        yield


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """One headless browser for all tests of pages."""
    driver = chromium.start(tmp_path_factory.mktemp("profile"))
    yield driver
    driver.quit()


@pytest.fixture(scope="session")
def references(library, pool):
    """Outcomes of the solution and the mistakes of the miniature course with SEED."""
    return References(library, pool, SEED)


@pytest.fixture(scope="session")
def submission_grader(library, pool):
    """A SubmissionGrader for the whole miniature course, with a time limit of one second."""
    return SubmissionGrader(library, pool, SEED, list(library.course.exercise_of), time_limit=1.0)


@pytest.fixture
def course(tmp_path):
    """A copy of the miniature course that the test may change."""
    return copy_course(tmp_path / "course")


@pytest.fixture(scope="session")
def run(pool):
    """A function that runs a submission on the experiments of probes.py, and returns the result from the pool.

    The submission is the source of one file, or a dictionary {path: bytes or text}.
    """

    def run(files, *checks, limit=5.0):
        files = {"answer.py": files} if isinstance(files, str | bytes) else files
        data = tuple((path, text.encode() if isinstance(text, str) else text) for path, text in files.items())
        checks = checks or ("first::value_of_first", "second::value_of_second")
        requests = tuple(CheckRequest(check.partition("::")[0], check, 0) for check in checks)
        homes = {request.function: "answer" for request in requests}
        return pool.submit(Job(data, homes, requests, limit)).result(timeout=60)

    return run


@pytest.fixture(scope="session")
def outcome(run):
    """A function that runs a submission and returns the outcome of `first`: outcome("def first(): return 1.0")."""

    def outcome(files, check="first::value_of_first", limit=5.0):
        return run(files, check, limit=limit).outcomes[check, 0]

    return outcome
