"""One class, graded once: right, wrong, untouched, hostile, unreadable, and two whom a fault of the grader hit."""

import shutil

import msgspec
import pytest

from grader.exports.collection import Sight, results_of
from grader.exports.export_data import Order
from grader.exports.target_lookup import target
from grader.grading.policy.policy import Hidden, Policy
from grader.grading.runs.result_files import read_results
from grader.grading.runs.run_file import read_run, write_run
from tests.tools import COURSE, SOLUTION, STUB, WRONG_SUM, grader_in_process, write_files

NASTY = "</pre><script>alert(1)</script>\n::error::x\n##[error]y ]]> &amp; \x1b[31m\x00\ufffe =1+1"
HOSTILE_ID = "=cmd|' C'!A0"
CLASS = {
    "ada": SOLUTION,
    "bob": WRONG_SUM.replace("y - rate", "y + rate"),
    "王小明": STUB.read_text("utf-8"),
    HOSTILE_ID: SOLUTION.replace("return y\n", f"raise ValueError({NASTY!a})\n"),
    "utf16": SOLUTION.encode("utf-16"),
    "eve": SOLUTION,
}
FAULTY = "eve"
"""Had a right answer; then the grader failed on one function."""


@pytest.fixture(scope="session")
def graded(tmp_path_factory):
    """A results folder of the miniature course as `grader grade` wrote it; a fault and raw text are planted in it."""
    place = tmp_path_factory.mktemp("graded")
    for student, source in CLASS.items():
        write_files(place / "class" / student, {"ex1_small.py": source})
    options = ["--course", COURSE, "--sandbox", "none", "--time-limit", "1", "--jobs", "1", "--seed", "7"]
    done = grader_in_process("grade", "class", "--out", "out", *options, cwd=place)
    assert done.returncode == 1, done.stdout
    records = [_planted(record) for record in read_results(place / "out")]
    (place / "out" / "results.jsonl").write_bytes(b"".join(msgspec.json.encode(r) + b"\n" for r in records))
    return place / "out"


def _planted(record):
    if record.student == HOSTILE_ID:  # as if nothing before an export had cleaned it
        checks = [msgspec.structs.replace(c, message=f"{c.message}\n{NASTY}") for c in record.checks]
        return msgspec.structs.replace(record, checks=checks, source=NASTY)
    if (record.student, record.function) != (FAULTY, "descend"):
        return record
    checks = [msgspec.structs.replace(c, passed=False, points=0.0, message="a fault") for c in record.checks]
    return msgspec.structs.replace(record, score=None, outcome="grader_fault", checks=checks)


@pytest.fixture
def results(graded, library):
    """The class, seen by students as the default policy says."""
    return results_of(graded, Sight(Policy(), library, "en"))


@pytest.fixture
def results_with(graded, library, tmp_path):
    """The class with other facts: what is known of people, what students may see, a language."""

    def results_with(people=None, hidden=Hidden.HINTS, language="en", course=library):
        folder = shutil.copytree(graded, tmp_path / "with", dirs_exist_ok=True)
        write_run(folder, read_run(folder) | ({"people": people} if people else {}))
        return results_of(folder, Sight(Policy(hidden=hidden), course, language))

    return results_with


@pytest.fixture
def export(tmp_path):
    """Export results to a target, into a name below a fresh folder."""

    def export(results, to, into="out", template=None, title=""):
        if isinstance(template, str | bytes):
            path = tmp_path / "template.csv"
            path.write_bytes(template if isinstance(template, bytes) else template.encode())
            template = path
        return target(to).export(results, Order(tmp_path / into, template, title))

    return export


def student(results, name):
    """One student of the class."""
    return next(s for s in results.students if s.id == name)
