"""The files of a run come from one pass through the journal, and the class need not fit into memory."""

import csv
import sqlite3
import tracemalloc
import weakref
from contextlib import closing

import pytest

from grader.grading.policy.policy import Policy
from grader.grading.policy.settlement import Say, settle
from grader.grading.runs.batch import Batch
from grader.grading.runs.deciding import decide
from grader.grading.runs.journal import Journal, JournalError
from grader.grading.runs.result_files import read_results
from grader.grading.runs.running import Done, Order
from grader.reports.writing import write_everything
from grader.submissions.submission import Submission, SubmissionMetadata
from tests.tools import WRONG_SUM, grader_command, write_files

FUNCTIONS = ["mean_square", "descend"]
SMALL, LARGE = 300, 1500
WRITING, JUDGING = 1100, 150
"""Bytes that a student takes: a row of the class page and what run.json says; a hash. The records would take 2,600."""


def handed_in(number, attempt=1, content=WRONG_SUM):
    """A submission that lies nowhere; the same as everybody's, so that it is run once."""
    files = [("ex1_small.py", lambda: content.encode())]
    return Submission(
        f"s{number:05}", None, (), list_files=lambda: iter(files), metadata=SubmissionMetadata(attempt=attempt)
    )


def an_order(submissions):
    return Order(submissions, FUNCTIONS, 1, "none", 5.0, 512, "en", student_pages=False)


@pytest.fixture
def graded(tmp_path, library, session):
    """Judge submissions into a journal of their own: what is left in memory of it."""
    journals = []

    def graded(submissions):
        journal = Journal(tmp_path / f"{len(journals)}" / "journal.sqlite")
        journals.append(journal)
        journal.begin("grade x")
        batch = Batch(library, journal, FUNCTIONS, {})
        for _ in batch.grade(submissions, session, 1):
            pass
        return Done(submissions, {"seed": 1, "functions": FUNCTIONS}, journal, batch)

    yield graded
    for journal in journals:
        journal.__exit__()


def written(done, library, out):
    order = an_order(done.submissions)
    return write_everything(out, done, decide(order, done.run, library.course, Policy(), out), order, library, 1.0)


def test_of_a_class_the_verdicts_of_one_student_at_a_time_are_in_memory(graded, library):
    done, seen = graded([handed_in(n, attempt) for n in range(40) for attempt in (1, 2)]), []
    for judged, submission in settle(done.attempts(), library.course, Say(Policy())):
        assert (judged.student, submission.metadata.attempt) == (f"s{len(seen):05}", 2)
        seen.append(weakref.ref(judged))
        del judged
        # The one that was just shown, and the first attempt of the next student, by which the last one's end is known.
        assert sum(one() is not None for one in seen) <= 2
    assert len(seen) == 40


def test_a_student_more_costs_little_memory_in_all_that_is_done_after_judging(graded, library, tmp_path):
    peaks = {}
    for size in (SMALL, LARGE):
        done = graded([handed_in(n) for n in range(size)])
        written(done, library, tmp_path / "warm")
        tracemalloc.start()
        written(done, library, tmp_path / "out")
        peaks[size] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert len(read_results(tmp_path / "out")) == 2 * size
    assert (peaks[LARGE] - peaks[SMALL]) / (LARGE - SMALL) < 2 * WRITING


def test_a_student_more_costs_little_memory_while_the_class_is_judged(graded):
    submissions = [handed_in(n) for n in range(LARGE)]
    graded(submissions[:SMALL])
    tracemalloc.start()
    done = graded(submissions)
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert done.reused == 0
    assert kept / LARGE < 2 * JUDGING
    assert peak / LARGE < 5 * JUDGING


def test_what_was_known_is_told_from_what_was_judged(graded, library, session):
    done = graded([handed_in(n) for n in range(3)])
    changed = [handed_in(0), handed_in(1, content=f"{WRONG_SUM}\n# changed\n"), handed_in(2)]
    assert [judged.known for judged in done.batch.grade(changed, session, 1)] == [True, False, True]


def test_a_verdict_that_somebody_took_out_of_the_journal_is_said_and_not_left_out(graded, library, tmp_path):
    done = graded([handed_in(n) for n in range(3)])
    path = tmp_path / "0" / "journal.sqlite"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DELETE FROM verdicts WHERE student='s00001' AND function='descend'")
    with pytest.raises(JournalError, match="s00001") as error:
        written(done, library, tmp_path / "out")
    assert str(path) in str(error.value)
    assert [file.name for file in (tmp_path / "out").iterdir()] == []


def test_pages_stay_where_nothing_changed_and_can_be_left_out(tmp_path, library):
    out, course = tmp_path / "out", ("--course", library.course.root)
    write_files(tmp_path / "class", {"ada/ex1_small.py": WRONG_SUM, "bob/ex1_small.py": f"{WRONG_SUM}\n"})

    def pages():
        return {path.name: path.stat().st_mtime_ns for path in (out / "students").glob("*")}

    def grade(comment, *more):
        write_files(out, {"overrides.csv": f"student,comment\nbob,{comment}\n"})
        command = ("grade", tmp_path / "class", "--out", out, "--sandbox", "none", "--jobs", "1", *course, *more)
        done = grader_command(*command, cwd=tmp_path)
        assert done.returncode == 0, done.stdout
        return pages()

    first = grade("seen")
    assert len(first) == 2
    assert grade("seen") == first
    changed = grade("seen twice")
    assert len(changed) == 2 and len(first.items() & changed.items()) == 1
    assert any("seen twice" in path.read_text("utf-8") for path in (out / "students").glob("*"))

    assert grade("seen twice", "--no-student-pages") == {}
    assert "students/" not in (out / "index.html").read_text("utf-8").partition("<script")[0]
    done = grader_command("forget", "ada", "--results", out, "--yes", *course, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert pages() == {}
    assert [row["student"] for row in csv.DictReader((out / "grades.csv").read_text("utf-8").splitlines())] == ["bob"]
