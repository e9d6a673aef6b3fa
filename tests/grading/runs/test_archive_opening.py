"""A class that hands in archives: graded, opened once, kept in the journal, forgotten with the student."""

import zlib
from contextlib import closing, nullcontext
from pathlib import Path
from sqlite3 import connect

import pytest

from grader.core.reasons import Code, UnreadableError
from grader.execution.extraction.archive_jobs import ArchiveJob
from grader.execution.host.archive_extraction import ArchiveExtractor
from grader.grading.results.journal import Journal
from grader.grading.results.journal_rows.extraction_table import EXTRACTIONS
from grader.grading.results.journal_rows.row_checksum import register
from grader.grading.results.plan import Plan
from grader.grading.runs.archive_opening import JournaledArchives
from grader.grading.runs.grading_run import GradingRun
from grader.submissions.class_submissions import read_class_submissions
from tests.archives import Entry, rar4, rar5, seven_zip
from tests.downloads import as_folder, zipped
from tests.tools import SOLUTION, WRONG_SUM

pytestmark = pytest.mark.usefixtures("sandbox")

SECRET = b"0123456789 comment of cy 9876543210"
CODE = SOLUTION.encode()
CLASS = {
    "ada/hw.7z": seven_zip({"ex1_small.py": CODE}),
    "bob/hw.rar": rar4(Entry(b"ex1_small.py", WRONG_SUM.encode())),
    "cy/hw.rar": rar5(Entry(b"in/ex1_small.py", CODE + b"\n# " + SECRET)),
    "dan/hw.7z": seven_zip({"ex1_small.py": CODE}),
    "eve/hw.zip": zipped({"in.zip": zipped({"ex1_small.py": CODE})}),
    "fay/ex1_small.py": CODE,
    "fay/hw.7z": seven_zip({"ex1_small.py": WRONG_SUM.encode()}),
    "gil/hw.rar": rar5(Entry(b"ex1_small.py", CODE), encrypted_headers=True),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return as_folder(CLASS, tmp_path_factory.mktemp("archives") / "class")


@pytest.fixture
def opened(monkeypatch):
    """The archives that were opened in the sandbox, or not in time."""
    opened = []
    extract = ArchiveExtractor.extract

    def counted(self, job, seconds):
        opened.append(job)
        return extract(self, job, seconds)

    monkeypatch.setattr(ArchiveExtractor, "extract", counted)
    return opened


@pytest.fixture
def grade(folder, library, pool, tmp_path, opened):
    """A function that grades the class; it returns {student: scores} and how many archives were opened."""

    def grade(sandbox="auto"):
        opened.clear()
        plan = Plan(submissions=str(folder), seed=7, sandbox=sandbox)
        with GradingRun.open(tmp_path / "out", plan, library) as run:
            list(run.grade(read_class_submissions(folder, library.stub_files).attempts, lambda: nullcontext(pool)))
            results = list(run.results())
        return {result.student: [record.score for record in result.records] for result in results}, len(opened), results

    return grade


def test_archives_are_graded_and_a_second_run_opens_none(grade):
    scores, opened, results = grade()
    right = scores["ada"]
    assert None not in right and sum(right) > 0
    assert scores["cy"] == scores["dan"] == scores["eve"] == right
    assert sum(scores["bob"]) < sum(right)
    assert scores["fay"] == [None] * len(right)  # two files define the same functions
    assert scores["gil"] == [None] * len(right)
    reasons = {result.student: result.review_reason for result in results}
    assert "hw.rar: encrypted: ask the student for a file without a password" in reasons["gil"]
    assert "defined in several files (ex1_small.py, hw.7z/ex1_small.py)" in reasons["fay"]
    assert opened == 5  # those of ada and dan are equal
    again, opened_again, _ = grade()
    assert (again, opened_again) == (scores, 0)


def test_without_a_sandbox_archives_need_review_and_say_how_to_convert_them(grade, library):
    scores, _, results = grade("none")
    assert scores["ada"] == [None] * len(scores["ada"])
    reason = next(result.review_reason for result in results if result.student == "ada")
    assert "opened only in a sandbox of level full or core" in reason and "put the files into a .zip" in reason
    assert None not in scores["eve"]


def test_what_was_extracted_is_forgotten_with_the_last_student_who_has_the_archive(grade, tmp_path):
    grade()
    path = tmp_path / "out" / "journal.sqlite"

    def streams():
        with closing(connect(path)) as db:
            return b"".join(zlib.decompress(stream) for (stream,) in db.execute("SELECT stream FROM extractions"))

    assert SECRET in streams() and streams().count(CODE) >= 2
    with Journal(path) as journal:
        journal.forget(["cy", "ada"])
    assert SECRET not in streams() and CODE in streams()  # dan has the same archive as ada
    with Journal(path) as journal:
        journal.forget(["dan"])
        assert "dan" not in journal.students()
    assert streams().count(CODE) == 0
    content = b"".join(file.read_bytes() for file in Path(tmp_path / "out").glob("journal*"))
    assert zlib.compress(SECRET, 1)[2:20] not in content


def test_an_archive_that_is_not_open_in_time_twice_is_not_opened_again_unless_it_gets_more_time(opened, tmp_path):
    """No archive is open in 0 seconds. An hour of waiting for hostile archives would otherwise come with each run."""
    job = ArchiveJob(seven_zip({"ex1_small.py": CODE}), {".py": 5000}, 5000)
    said, tries = [], []

    def run(seconds, **options):
        with Journal(tmp_path / "journal.sqlite") as journal, ArchiveExtractor("auto") as extractor:
            journal.begin("plan", **options)
            try:
                JournaledArchives(journal, extractor).open("ada", job, seconds)
                said.append("opened")
            except UnreadableError as error:
                said.append(error.code)
            tries.append(len(opened))

    once, twice = Code.SLOW_ARCHIVE, Code.SLOW_IN_TWO_TRIES
    for _ in range(3):
        run(0.0)
    assert (said, tries) == ([once, twice, twice], [1, 2, 2])
    run(0.0, retry_timeouts=True)
    run(0.0)
    run(0.0)
    assert (said[3:], tries[3:]) == ([once, twice, twice], [3, 4, 4])
    with Journal(tmp_path / "journal.sqlite") as journal:
        assert journal.students() == ["ada"]
        journal.forget(["ada"])
    run(0.0)
    run(0.0)
    run(20.0)
    assert (said[6:], tries[6:]) == ([once, twice, "opened"], [5, 6, 7])


def other_content(stream):
    return zlib.compress(zlib.decompress(stream).replace(b".mean()", b".sum() "))


@pytest.mark.parametrize(
    ("forge", "then"),
    [
        pytest.param(other_content, "SELECT 1", id="a correct stream without its checksum"),
        pytest.param(lambda _: zlib.compress(b"forged"), EXTRACTIONS.fill, id="no stream, with its checksum"),
    ],
)
def test_a_changed_row_of_the_journal_is_not_used(grade, tmp_path, forge, then):
    scores, opened, _ = grade()
    with closing(connect(tmp_path / "out" / "journal.sqlite")) as db, db:
        register(db)
        db.create_function("forge", 1, forge)
        db.execute("UPDATE extractions SET stream=forge(stream)")
        db.execute(then)
    again, opened_again, _ = grade()
    assert (again, opened_again) == (scores, opened)
