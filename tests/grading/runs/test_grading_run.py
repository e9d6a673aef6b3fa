"""A grading run and its journal: nothing is graded twice, nothing is lost by a kill, results come from the journal."""

import sqlite3
import tracemalloc
import weakref
from concurrent.futures import Future
from contextlib import closing, nullcontext
from types import SimpleNamespace

import pytest

from grader.core.errors import UsageError
from grader.core.hashing import digest
from grader.grading.policy.policy import Attempts, Policy
from grader.grading.results.journal import Journal
from grader.grading.results.journal_rows.journal_error import JournalError
from grader.grading.results.plan import Plan
from grader.grading.results.run_file import read_run
from grader.grading.runs import grading_pass, grading_run
from grader.grading.runs.grading_run import GradingRun
from grader.grading.verdicts.function_grading import MAX_PICTURES
from grader.submissions.submission import Submission, SubmissionMetadata
from tests.tools import SOLUTION, WRONG_SUM

CLASS = {"ada": SOLUTION, "bob": WRONG_SUM, "cy": SOLUTION.replace("return y\n", "__import__('os')._exit(0)\n")}
SMALL, LARGE = 300, 1500
GRADING = 150
"""Limit in bytes of memory per student while a class is graded: enough for a hash. Records would take 2,600 bytes."""


class Pool:
    """The shared pool, which notes the files it runs; the first one may fail."""

    def __init__(self, pool, failing=False):
        self._pool, self.jobs, self.level = pool, pool.jobs, pool.level
        self.started, self._failing = [], failing

    def submit(self, job):
        if b"# of the class" not in job.files[0][1]:
            return self._pool.submit(job)
        self.started.append(job)
        if not self._failing:
            return self._pool.submit(job)
        self._failing = False
        failed = Future()
        failed.set_exception(OSError("our own fault"))
        return failed


def handed_in(student, content, **about):
    """Return a submission whose files are in memory only."""
    files = [("ex1_small.py", f"{content}\n# of the class\n".encode)]
    return Submission(student, None, (), list_files=lambda _: iter(files), metadata=SubmissionMetadata(**about))


def class_of(**changed):
    return [handed_in(student, answer) for student, answer in (CLASS | changed).items()]


@pytest.fixture
def grade(tmp_path, library, pool):
    """A function that grades a class and returns final results and run. `stop_after` ends the run early."""

    def grade(submissions, stop_after=None, own_pool=None, **asked):
        asked = {"seed": 7, "time_limit": 1.0, "sandbox": pool.level.value} | asked
        plan = Plan(submissions="class", **asked)
        with GradingRun.open(tmp_path / "out", plan, library) as run:
            for progress in run.grade(submissions, lambda: nullcontext(own_pool or pool)):
                if progress.graded == stop_after:
                    return [], run
            return list(run.results()), run

    return grade


def scores(results):
    return {result.student: [record.score for record in result.records] for result in results}


def test_a_run_that_was_killed_is_resumed_and_ends_the_same(grade):
    grade(class_of(), stop_after=1)
    results, run = grade(class_of())
    assert run.resumed and run.unchanged >= 1
    assert scores(results) == {"ada": [3.0, 2.0], "bob": [2.0, 2.0], "cy": [3.0, 0.0]}


def test_a_run_that_was_killed_while_files_were_written_grades_nothing_again(tmp_path, library, pool, grade):
    plan = Plan(submissions="class", seed=7, time_limit=1.0, sandbox=pool.level.value)
    with pytest.raises(KeyboardInterrupt), GradingRun.open(tmp_path / "out", plan, library) as run:
        list(run.grade(class_of(), lambda: nullcontext(pool)))
        next(run.results())
        raise KeyboardInterrupt
    assert read_run(tmp_path / "out")["finished"] is None
    _, run = grade(class_of())
    assert run.resumed and run.unchanged == 3
    assert read_run(tmp_path / "out")["finished"]


def test_a_run_removes_the_unfinished_file_of_mistakes_that_a_killed_run_left(tmp_path, grade):
    grade(class_of())
    left = tmp_path / "out/.mistake-outcomes.bin.k1lled__"
    left.write_bytes(b"half")
    _, run = grade(class_of())
    assert run.unchanged == 3 and not left.exists()


def test_a_new_run_grades_only_what_changed(grade):
    first, run = grade(class_of())
    assert run.unchanged == 0
    second, run = grade(class_of())
    assert not run.resumed
    assert run.unchanged == 3  # cy crashed in two tries
    assert [result.records for result in second] == [result.records for result in first]
    third, run = grade(class_of(bob=SOLUTION))
    assert scores(third)["bob"] == [3.0, 2.0]


@pytest.mark.parametrize(
    "asked", [{"seed": 2}, {"time_limit": 0.9}, {"memory_limit": 1000}, {"submission_limit": 30.0}]
)
def test_after_a_change_of_a_setting_everything_is_graded_again(grade, asked):
    grade(class_of())
    assert grade(class_of(), **asked)[1].unchanged == 0


def test_a_submission_that_uses_its_time_is_ended_and_the_student_reads_why(grade):
    endless = SOLUTION.replace("return", "while True: pass\n    return")
    results, _ = grade([handed_in("ada", endless), handed_in("bob", SOLUTION)], submission_limit=1.2)
    assert scores(results) == {"ada": [0.0, 0.0], "bob": [3.0, 2.0]}
    first, second = results[0].records
    assert {first.outcome, second.outcome} == {"timed_out"}
    assert "does a loop never end?" in first.checks[0].message
    messages = [check.message.partition(", and")[0] for check in second.checks]
    budget = "all checks of a submission together may take 1 s"
    assert messages == [f"stopped: {budget}", f"not run: {budget}"]


def test_a_run_of_selected_functions_keeps_the_verdicts_on_the_others(grade):
    grade(class_of())
    only, _ = grade(class_of(), functions=("descend",))
    assert {record.function for result in only for record in result.records} == {"descend"}
    assert grade(class_of())[1].unchanged == 3


def test_a_function_that_the_course_lacks_is_named(grade):
    with pytest.raises(UsageError, match=r"No exercise or function nothing\. Known: descend, ex1_small"):
        grade([], functions=("nothing",))


def test_an_unchanged_class_opens_no_pool(tmp_path, library, pool, grade):
    ada = [handed_in("ada", SOLUTION)]
    grade(ada)
    plan = Plan(submissions="class", seed=7, time_limit=1.0, sandbox=pool.level.value)
    with GradingRun.open(tmp_path / "out", plan, library) as run:
        (progress,) = run.grade(ada, lambda: pytest.fail("a pool was opened"))
        assert progress.was_unchanged
        assert scores(run.results()) == {"ada": [3.0, 2.0]}


def test_the_pool_is_opened_at_the_first_unknown_verdict_and_what_is_known_is_not_run(grade, pool):
    grade(class_of())
    own = Pool(pool)
    submissions = [*class_of()[:2], handed_in("new", WRONG_SUM + "\n# new\n"), handed_in("zoe", SOLUTION)]
    results, run = grade(submissions, own_pool=own)
    assert [b"# new" in job.files[0][1] for job in own.started] == [True]  # zoe's files equal ada's
    assert run.unchanged == 2 and list(scores(results)) == ["ada", "bob", "new", "zoe"]


def test_a_fresh_run_finds_nothing_of_earlier_runs_but_is_resumed_with_its_own(grade):
    grade(class_of())
    _, run = grade(class_of(), stop_after=3, fresh=True)
    assert (run.resumed, run.unchanged) == (False, 0)
    _, run = grade(class_of(), fresh=True)
    assert (run.resumed, run.unchanged) == (True, 3)


def test_the_seed_is_drawn_once_and_a_fresh_run_draws_another(grade):
    _, first = grade([], seed=None)
    assert grade([], seed=None)[1].seed == first.seed
    assert grade([], seed=None, fresh=True)[1].seed != first.seed


def test_results_of_a_run_that_is_not_graded_to_its_end_are_refused(tmp_path, library, pool):
    plan = Plan(submissions="class", seed=7, sandbox=pool.level.value)
    with GradingRun.open(tmp_path / "out", plan, library) as run:
        next(run.grade(class_of(), lambda: nullcontext(pool)))
        with pytest.raises(UsageError, match=r"Not every submission in .* is graded"):
            run.results()


def test_of_several_attempts_the_best_one_counts_and_their_order_is_in_the_journal(grade, library, tmp_path):
    _, run = grade(
        [handed_in("ada", WRONG_SUM, attempt=1), handed_in("ada", SOLUTION, attempt=2, name="Ada")],
        attempts=Attempts.BEST,
    )
    with GradingRun.open(tmp_path / "out", run.plan, library) as again:
        list(again.grade([handed_in("ada", WRONG_SUM, attempt=1), handed_in("ada", SOLUTION, attempt=2, name="Ada")]))
        assert [attempt.metadata.attempt for attempt in again.journal.runs.attempts()] == [1, 2]
        assert again.people()["ada"].name == "Ada"
        (result,) = again.results(Policy(attempts=Attempts.BEST))
    assert (result.final.attempt, result.final.score, result.metadata.name) == (2, 5.0, "Ada")


def test_equal_files_are_run_once_and_every_student_gets_the_verdict(grade, pool):
    own = Pool(pool)
    (ada, bob, cy), _ = grade(class_of(cy=SOLUTION), own_pool=own)
    assert len(own.started) == 2
    assert {record.student for record in cy.records} == {"cy"}
    assert [r.checks for r in cy.records] == [r.checks for r in ada.records] != [r.checks for r in bob.records]


def test_a_fault_of_the_grader_is_not_copied_to_students_with_equal_files(grade, pool):
    """The fault may be an accident of the first student's run, so the submissions of all other students run, too."""
    own = Pool(pool, failing=True)
    results, _ = grade([handed_in(name, SOLUTION) for name in ("ada", "bob", "cy", "dan")], own_pool=own)
    assert [record.outcome for record in results[0].records] == ["grader_fault"] * 2
    assert all(record.outcome == "passed" for one in results[1:] for record in one.records)
    assert len(own.started) == 4


def test_attachments_are_the_text_that_was_graded_and_pictures_of_what_failed(grade, tmp_path):
    wrong = SOLUTION.replace("rate * 2 * y", "rate * 2 * y.abs()")
    windows = b"\xef\xbb\xbf" + wrong.replace("\n", "\r\n").encode()
    ada = Submission("ada", None, (), list_files=lambda _: iter([("ex1_small.py", lambda: windows)]))
    (result,), _ = grade([ada])
    with Journal(tmp_path / "out" / "journal.sqlite") as journal:
        attachments = journal.attachments("ada", result.keys)
    failed = {check.name for check in result.records[1].checks if not check.passed}
    assert attachments["mean_square"].source == attachments["descend"].source == wrong
    assert attachments["mean_square"].pictures == {}
    assert 0 < len(attachments["descend"].pictures) <= MAX_PICTURES and set(attachments["descend"].pictures) <= failed


def test_verdicts_that_another_program_changed_in_the_journal_are_graded_again(grade, tmp_path):
    path = tmp_path / "out" / "journal.sqlite"
    first, _ = grade(class_of())
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE verdicts SET entry = CASE function WHEN 'descend' THEN 5 ELSE x'ff00' END, pictures = 'x'")
        db.execute("UPDATE texts SET data = x'00'")
    with Journal(path) as journal:
        assert journal.attachments("ada", first[0].keys) == {}
    again, run = grade(class_of())
    assert run.unchanged == 0 and scores(again) == scores(first)


def test_a_verdict_that_another_program_removed_from_the_journal_is_reported(tmp_path, library, pool):
    path = tmp_path / "out" / "journal.sqlite"
    plan = Plan(submissions="class", seed=7, sandbox=pool.level.value)
    with GradingRun.open(tmp_path / "out", plan, library) as run:
        list(run.grade(class_of(), lambda: nullcontext(pool)))
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("DELETE FROM verdicts WHERE student='bob' AND function='descend'")
        with pytest.raises(JournalError, match="bob") as error:
            list(run.results())
    assert str(path) in str(error.value)


def test_the_final_results_of_one_student_at_a_time_are_in_memory(tmp_path, library, pool):
    submissions = [handed_in(f"s{n:05}", WRONG_SUM, attempt=attempt) for n in range(40) for attempt in (1, 2)]
    plan, seen = Plan(submissions="class", seed=7, sandbox=pool.level.value), []
    with GradingRun.open(tmp_path / "out", plan, library) as run:
        list(run.grade(submissions, lambda: nullcontext(pool)))
        for result in run.results():
            assert (result.student, result.metadata.attempt) == (f"s{len(seen):05}", 2)
            seen.append(weakref.ref(result))
            del result
            # In memory: the result shown last, and the first attempt of the next student, which `results` reads ahead.
            assert sum(one() is not None for one in seen) <= 2
    assert len(seen) == 40


def test_grading_takes_little_memory_for_each_student(tmp_path, library, pool):
    submissions = [handed_in(f"s{n:05}", WRONG_SUM) for n in range(LARGE)]
    plan = Plan(submissions="class", seed=7, sandbox=pool.level.value)

    def graded(out, submissions):
        with GradingRun.open(tmp_path / out, plan, library) as run:
            for _ in run.grade(submissions, lambda: nullcontext(pool)):
                pass
            return run.unchanged

    graded("warm", submissions[:SMALL])
    tracemalloc.start()
    unchanged = graded("out", submissions)
    used, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert unchanged == 0
    assert used / LARGE < 2 * GRADING
    assert peak / LARGE < 5 * GRADING


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


class HeldPool(Pool):
    """A pool that runs the first submission until another one is cancelled. Its clock jumps when the third comes."""

    def __init__(self, pool):
        super().__init__(pool)
        self.jobs, self.now, self.futures = 1, 0.0, []

    def submit(self, job):
        if b"# of the class" not in job.files[0][1]:
            return self._pool.submit(job)
        self.started.append(job)
        self.futures.append(held := Future())
        if len(self.futures) == 1:
            held.set_running_or_notify_cancel()
        elif len(self.futures) == 2:
            held.add_done_callback(lambda _: self.futures[0].set_result(self._pool.submit(self.started[0]).result()))
        else:
            self.now = 100.0
        return held


def test_a_run_whose_time_is_over_finishes_what_runs_and_leaves_the_others(tmp_path, library, pool, grade, monkeypatch):
    held = HeldPool(pool)
    monkeypatch.setattr(grading_pass, "time", SimpleNamespace(monotonic=lambda: held.now))
    monkeypatch.setattr(grading_run, "time", SimpleNamespace(monotonic=lambda: held.now))
    answers = [SOLUTION, WRONG_SUM, WRONG_SUM, SOLUTION + "# other", WRONG_SUM + "# last"]
    submissions = [handed_in(f"s{number}", answer) for number, answer in enumerate(answers)]
    plan = Plan(submissions="class", seed=7, time_limit=1.0, sandbox=pool.level.value)
    with GradingRun.open(tmp_path / "out", plan, library) as run:
        reports = list(run.grade(submissions, lambda: nullcontext(held), max_seconds=50.0))
        assert [progress.graded for progress in reports] == [1] and run.graded == 1
        assert len(held.started) == 3 and [future.cancelled() for future in held.futures] == [False, True, True]
        assert not run.is_complete
        with pytest.raises(UsageError, match="Not every submission"):
            run.results()
        assert run.journal.students() == [
            "s0",
            "s1",
            "s2",
            "s3",
        ]  # listed, so that the journal alone can make the files
    own = Pool(pool)
    results, run = grade(submissions, own_pool=own)
    assert run.resumed and run.unchanged == 1 and len(own.started) == 3  # the copy does not run
    assert [sum(scores(results)[f"s{number}"]) for number in range(5)] == [5.0, 4.0, 4.0, 5.0, 4.0]


def test_a_run_that_ends_in_time_is_complete(tmp_path, library, pool):
    plan = Plan(submissions="class", seed=7, time_limit=1.0, sandbox=pool.level.value)
    with GradingRun.open(tmp_path / "out", plan, library) as run:
        list(run.grade(class_of(), lambda: nullcontext(pool), max_seconds=1000.0))
        assert run.is_complete and len(list(run.results())) == 3
