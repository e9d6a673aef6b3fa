"""A batch and its journal: what was judged once is not judged again, and nothing is lost when it is killed."""

import sqlite3
from concurrent.futures import Future
from contextlib import closing

import pytest

from grader.core.errors import UsageError
from grader.core.submission import Submission
from grader.judge.batch import Batch
from grader.judge.journal import Journal, digest
from grader.judge.judgement import MAX_PICTURES
from tests.tools import SOLUTION, WRONG_SUM, write_files

CLASS = {"ada": SOLUTION, "bob": WRONG_SUM, "cy": SOLUTION.replace("return y\n", "__import__('os')._exit(0)\n")}


@pytest.fixture
def batch(tmp_path, library, session):
    """Grade the class of CLASS into one journal: what was judged, and how many were found unchanged."""
    for student, answer in CLASS.items():
        write_files(tmp_path / "class" / student, {"ex1_small.py": answer})

    def batch(journal, functions=("mean_square", "descend"), stop_after=None, **settings):
        made = Batch(library, journal, functions, settings)
        submissions = [Submission(name, tmp_path / "class" / name, ("ex1_small.py",)) for name in CLASS]
        judged = []
        for student in made.grade(submissions, session, 1):
            judged.append(student)
            if len(judged) == stop_after:
                return judged, made.reused
        return judged, made.reused

    return batch


def scores(judged):
    return {student.student: [record.score for record in student.records] for student in judged}


def test_a_batch_that_was_killed_goes_on_where_it_stopped_and_ends_the_same(tmp_path, batch):
    path = tmp_path / "journal.sqlite"
    with Journal(path) as journal:
        assert not journal.begin("grade x")
        batch(journal, stop_after=1)
    with Journal(path) as journal:
        assert journal.begin("grade x")
        judged, reused = batch(journal)
        journal.finish()
    assert reused >= 1
    assert scores(judged) == {"ada": [3.0, 2.0], "bob": [2.0, 2.0], "cy": [3.0, 0.0]}


def test_a_new_run_grades_only_what_changed_and_what_need_not_come_out_the_same(tmp_path, batch):
    with Journal(tmp_path / "journal.sqlite") as journal:
        journal.begin("grade x")
        first, reused = batch(journal)
        assert reused == 0
        journal.finish()
        assert not journal.begin("grade x")
        second, reused = batch(journal)
        assert reused == 2  # cy crashed: on another day it might not
        assert [j.records for j in second[:2]] == [j.records for j in first[:2]]
        (tmp_path / "class/bob/ex1_small.py").write_text(SOLUTION, "utf-8")
        third, reused = batch(journal)
        assert scores(third)["bob"] == [3.0, 2.0]


@pytest.mark.parametrize("settings", [{"seed": 2}, {"limits": [1]}])
def test_another_setting_grades_everything_anew(tmp_path, batch, settings):
    with Journal(tmp_path / "journal.sqlite") as journal:
        journal.begin("grade x")
        batch(journal, seed=1)
        journal.finish()
        journal.begin("grade x")
        assert batch(journal, **({"seed": 1} | settings))[1] == 0


def test_a_selection_shows_what_was_selected_and_forgets_nothing(tmp_path, batch):
    with Journal(tmp_path / "journal.sqlite") as journal:
        journal.begin("grade x")
        batch(journal)
        journal.finish()
        journal.begin("grade x --only descend")
        only, _ = batch(journal, functions=("descend",))
        assert {record.function for student in only for record in student.records} == {"descend"}
        journal.finish()
        journal.begin("grade x")
        assert batch(journal)[1] == 2


@pytest.mark.parametrize("content", [b"not a database", b"SQLite format 3\0" + b"\0" * 100])
def test_a_journal_that_cannot_be_used_is_a_usage_error(tmp_path, content):
    (tmp_path / "journal.sqlite").write_bytes(content)
    with pytest.raises(UsageError, match=r"journal\.sqlite"):
        Journal(tmp_path / "journal.sqlite").__enter__()


def test_a_results_folder_that_is_a_file_is_a_usage_error(tmp_path):
    (tmp_path / "out").write_text("x")
    with pytest.raises(UsageError, match="out"):
        Journal(tmp_path / "out" / "journal.sqlite")


def test_parts_of_a_hash_cannot_be_confused_with_one_another():
    assert len({digest("ab", "c"), digest("a", "bc"), digest("abc"), digest("", "abc"), digest("abc", "")}) == 5
    assert digest(b"ab") == digest("ab")


def test_when_everything_is_known_no_worker_is_needed(tmp_path, library, session):
    write_files(tmp_path / "ada", {"ex1_small.py": SOLUTION})
    ada = [Submission("ada", tmp_path / "ada", ("ex1_small.py",))]
    with Journal(tmp_path / "journal.sqlite") as journal:
        journal.begin("grade x")
        made = Batch(library, journal, ["mean_square"], {})
        assert not made.unchanged(ada)
        graded = list(made.grade(ada, session, 1))
        assert made.unchanged(ada)
        assert list(made.again(ada)) == graded
        (tmp_path / "ada" / "ex1_small.py").write_text(WRONG_SUM, "utf-8")
        assert not made.unchanged(ada)


def test_a_fresh_run_finds_nothing_of_earlier_runs_but_goes_on_with_its_own(tmp_path, batch):
    with Journal(tmp_path / "journal.sqlite") as journal:
        journal.begin("grade x")
        batch(journal)
        journal.finish()
        assert not journal.begin("grade x --fresh", fresh=True)
        assert batch(journal)[1] == 0
        assert journal.begin("grade x --fresh", fresh=True)
        assert batch(journal)[1] == 3


def test_the_same_files_are_run_once_and_everybody_gets_the_verdict_under_her_own_name(tmp_path, library, session):
    for student in ("ada", "bob", "cy"):
        write_files(tmp_path / student, {"ex1_small.py": SOLUTION if student != "bob" else WRONG_SUM})
    submissions = [Submission(name, tmp_path / name, ("ex1_small.py",)) for name in ("ada", "bob", "cy")]
    started = []

    class Counting:
        """The session, noting whose files it was asked to run."""

        def start(self, files, functions):
            started.append(files)
            return session.start(files, functions)

        finish = staticmethod(session.finish)

    with Journal(tmp_path / "journal.sqlite") as journal:
        journal.begin("grade x")
        batch = Batch(library, journal, ("mean_square", "descend"), {})
        ada, bob, cy = batch.grade(submissions, Counting(), 1)
    assert len(started) == 2
    assert {record.student for record in cy.records} == {"cy"}
    assert [r.checks for r in cy.records] == [r.checks for r in ada.records] != [r.checks for r in bob.records]


def test_a_verdict_has_the_text_it_was_made_from_and_pictures_of_what_failed_as_attachments(tmp_path, library, session):
    wrong = SOLUTION.replace("rate * 2", "rate * 3").encode()
    write_files(tmp_path / "ada", {"ex1_small.py": b"\xef\xbb\xbf" + wrong.replace(b"\n", b"\r\n")})
    ada = [Submission("ada", tmp_path / "ada", ("ex1_small.py",))]
    with Journal(tmp_path / "journal.sqlite") as journal:
        journal.begin("grade x")
        made = Batch(library, journal, ["mean_square", "descend"], {})
        (judged,) = made.grade(ada, session, 1)
        (again,) = made.again(ada)
        attachments = journal.attachments("ada", judged.keys)
        assert journal.attachments("ada", again.keys) == attachments
    failed = {check.name for check in judged.records[1].checks if not check.passed}
    assert attachments["mean_square"].source == attachments["descend"].source == wrong.decode()
    assert attachments["mean_square"].pictures == {}
    assert 0 < len(attachments["descend"].pictures) <= MAX_PICTURES and set(attachments["descend"].pictures) <= failed


def test_a_time_out_or_a_fault_of_one_is_not_copied_to_who_handed_in_the_same(tmp_path, library, session):
    """The first of them may have had bad luck; the others are run for themselves, as are those that come later."""
    for name in ("ada", "bob", "cy", "dan"):
        write_files(tmp_path / name, {"ex1_small.py": SOLUTION})
    submissions = [Submission(name, tmp_path / name, ("ex1_small.py",)) for name in ("ada", "bob", "cy", "dan")]
    started = []

    class Unlucky:
        def start(self, files, functions):
            started.append(files)
            if len(started) > 1:
                return session.start(files, functions)
            failed = Future()
            failed.set_exception(OSError("our own fault"))
            return failed

        finish = staticmethod(session.finish)

    with Journal(tmp_path / "journal.sqlite") as journal:
        journal.begin("grade x")
        batch = Batch(library, journal, ("mean_square", "descend"), {})
        judged = list(batch.grade(submissions, Unlucky(), 1))
    assert [record.outcome for record in judged[0].records] == ["grader_fault"] * 2
    assert all(record.outcome == "passed" for one in judged[1:] for record in one.records)
    assert len(started) == 4


def test_what_somebody_else_wrote_into_the_journal_is_judged_again(tmp_path, batch):
    path = tmp_path / "journal.sqlite"
    with Journal(path) as journal:
        journal.begin("grade x")
        first, _ = batch(journal)
        journal.finish()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE verdicts SET entry = CASE function WHEN 'descend' THEN 5 ELSE x'ff00' END, pictures = 'x'")
        db.execute("UPDATE sources SET text = x'00'")
    with Journal(path) as journal:
        journal.begin("grade x")
        assert journal.attachments("ada", first[0].keys) == {}
        again, reused = batch(journal)
    assert reused == 0 and scores(again) == scores(first)
