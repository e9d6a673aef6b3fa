"""Opening archives in the sandbox: the level that it needs, the trial, time limits, crashes, a missing library."""

import os
import signal
import subprocess
import sys

import pytest

from grader.core.reasons import Code, UnreadableError
from grader.execution.extraction.archive_jobs import ArchiveJob
from grader.execution.extraction.archive_stream import Ending, parse_stream
from grader.execution.host.archive_extraction import ArchiveExtractor
from grader.execution.host.extraction_worker import ExtractionTimeoutError, ExtractionWorker
from grader.execution.host.sandbox_levels import Level, Sandbox, candidates
from tests.archives import Entry, rar5, seven_zip
from tests.tools import ROOT

pytestmark = pytest.mark.usefixtures("sandbox")

CODE = b"x = 1\n"
JOB = ArchiveJob(seven_zip({"a.py": CODE}), {".py": 1 << 20}, 16 << 20)


@pytest.fixture(scope="module")
def extractor():
    with ArchiveExtractor("auto") as extractor:
        yield extractor


@pytest.mark.parametrize("level", [Level.FULL, Level.CORE])
def test_both_strong_levels_block_the_attempts_of_the_trial_and_open_an_archive(level):
    workers = map(ExtractionWorker, candidates(level, 512, 10))
    for worker in workers:
        try:
            if not worker.passes_trial():
                continue
            assert parse_stream(worker.extract(JOB, 10)[1], JOB).members[0].content == CODE
            return
        except Exception:  # noqa: BLE001  (the next candidate runs as another user)
            continue
        finally:
            worker.stop()
    pytest.fail(f"no sandbox of level {level}")


@pytest.mark.parametrize("protections", [{"limits"}, {"seccomp", "limits"}, {"landlock", "limits"}])
def test_a_weaker_sandbox_does_not_pass_the_trial(protections):
    worker = ExtractionWorker(Sandbox(Level.WEAK, frozenset(protections), memory=512))
    try:
        assert worker.passes_trial() is False
    finally:
        worker.stop()


@pytest.mark.parametrize("level", ["none", "weak"])
def test_below_level_core_no_archive_is_opened(level):
    with ArchiveExtractor(level) as extractor, pytest.raises(UnreadableError) as refused:
        extractor.extract(JOB, 10)
    assert refused.value.code == Code.NEEDS_SANDBOX


def test_without_libarchive_the_reason_names_it():
    program = (
        "from grader.execution.host.archive_extraction import ArchiveExtractor\n"
        "from grader.execution.extraction.archive_jobs import ArchiveJob\n"
        "try: ArchiveExtractor('auto').extract(ArchiveJob(), 1)\n"
        "except ValueError as error: print(error.code)"
    )
    variables = {**os.environ, "LIBARCHIVE": "/nowhere/libarchive.so.13", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=variables, check=True)
    assert done.stdout.strip() == Code.NEEDS_LIBARCHIVE


def test_an_archive_that_takes_too_long_is_given_up(extractor):
    bomb = rar5(*[Entry(b"%d.py" % n) for n in range(90_000)])
    worker = extractor._started_worker()
    with pytest.raises(ExtractionTimeoutError):
        worker.extract(ArchiveJob(bomb, JOB.wanted, JOB.total), 0.01)
    assert worker.extract(JOB, 10)[0].ending == Ending.COMPLETE  # the next archive is not affected


def test_an_archive_is_opened_although_the_process_was_killed_before(extractor):
    os.killpg(extractor._started_worker()._process.pid, signal.SIGKILL)
    assert parse_stream(extractor.extract(JOB, 10), JOB).members[0].content == CODE
