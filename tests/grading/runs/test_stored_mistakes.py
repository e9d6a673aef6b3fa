"""A later run observes of the solution and of mistakes only what no earlier run has observed, and decides the same."""

from contextlib import closing, nullcontext
from sqlite3 import connect

import pytest

from grader.core.errors import UsageError
from grader.core.files.atomic_files import write_atomically
from grader.grading.results.plan import Plan
from grader.grading.results.run_file import JOURNAL_FILE
from grader.grading.runs.grading_run import GradingRun
from grader.grading.verdicts.known_mistakes import outcome_file
from grader.grading.verdicts.known_mistakes.outcome_file import FILE
from grader.submissions.submission import Submission, SubmissionMetadata
from tests.tools import SOLUTION, WRONG_SUM

UPHILL = SOLUTION.replace("y - rate", "y + rate")
MARK = b"# of the class"


class Pool:
    """The shared pool, which notes how often a mistake runs on a check, and how often the solution does."""

    def __init__(self, pool):
        self._pool, self.jobs, self.level, self.runs, self.solution_runs = pool, pool.jobs, pool.level, 0, 0

    def submit(self, job):
        checks = sum(len(one.requests) for one in (job, *job.more))
        if job.record_calls:
            self.solution_runs += checks
        elif MARK not in job.files[0][1]:
            self.runs += checks
        return self._pool.submit(job)


def handed_in(student, content):
    files = [("ex1_small.py", f"{content}\n{MARK.decode()}, by {student}\n".encode)]
    return Submission(student, None, (), list_files=lambda _: iter(files), metadata=SubmissionMetadata())


@pytest.fixture
def grade(tmp_path, library, pool):
    """A function that grades answers by student; it returns the diagnoses and how often a mistake ran on a check."""

    def grade(answers, stop_after=None, folder="out", **asked):
        counting = Pool(pool)
        plan = Plan(submissions="class", **({"seed": 7, "sandbox": pool.level.value} | asked))
        submissions = [handed_in(student, answer) for student, answer in answers.items()]
        with GradingRun.open(tmp_path / folder, plan, library) as run:
            for progress in run.grade(submissions, lambda: nullcontext(counting)):
                if progress.graded == stop_after:
                    return {}, counting.runs
            named = {one.student: [(r.function, r.mistakes, r.score) for r in one.records] for one in run.results()}
        grade.solution_runs = counting.solution_runs
        return named, counting.runs

    return grade


def test_a_late_student_with_a_known_mistake_costs_no_run_of_a_mistake(grade):
    _, first = grade({"ada": WRONG_SUM, "bob": SOLUTION})
    found, second = grade({"ada": WRONG_SUM, "bob": SOLUTION, "cy": WRONG_SUM})
    assert first > 0 and second == 0
    assert found["cy"] == found["ada"] and "mean_square__sum" in found["cy"][0][1]


def test_a_late_student_costs_no_run_of_the_solution(grade, tmp_path):
    grade({"ada": WRONG_SUM})
    assert grade.solution_runs > 0
    found, _ = grade({"ada": WRONG_SUM, "bob": UPHILL})
    assert grade.solution_runs == 0
    alone, _ = grade({"ada": WRONG_SUM, "bob": UPHILL}, folder="alone")
    assert found == alone
    assert stored_calls(tmp_path / "out") == stored_calls(tmp_path / "alone") != []


def test_if_a_stored_call_is_damaged_the_solution_runs_again_and_all_calls_are_stored(grade, tmp_path):
    grade({"ada": WRONG_SUM})
    whole = stored_calls(tmp_path / "out")
    with connect(tmp_path / "out" / JOURNAL_FILE) as db:
        db.execute("UPDATE calls SET call='{}' WHERE \"check\"=?", whole[0][:1])
    db.close()
    grade({"ada": WRONG_SUM, "bob": UPHILL})
    assert grade.solution_runs > 0 and stored_calls(tmp_path / "out") == whole


def stored_calls(folder):
    with closing(connect(folder / JOURNAL_FILE)) as db:
        return db.execute('SELECT "check", call FROM calls ORDER BY 1').fetchall()


def test_a_new_error_is_observed_and_the_file_makes_no_difference(grade, tmp_path):
    answers = {"ada": WRONG_SUM, "bob": UPHILL, "cy": SOLUTION.replace("rate * 2 * y", "rate * y + 1")}
    grade({"ada": WRONG_SUM})
    found, more = grade(answers)
    alone, everything = grade(answers, folder="alone")
    assert found == alone and 0 < more < everything
    assert (tmp_path / "out" / FILE).read_bytes() == (tmp_path / "alone" / FILE).read_bytes()


@pytest.mark.parametrize("asked", [{"seed": 8}, {"time_limit": 4.0}, {"fresh": True}])
def test_other_conditions_observe_anew(grade, asked):
    _, first = grade({"ada": WRONG_SUM})
    _, second = grade({"ada": WRONG_SUM}, **asked)
    assert second == first


def test_a_damaged_file_only_makes_mistakes_run_again(grade, tmp_path):
    found, first = grade({"ada": WRONG_SUM})
    whole = (tmp_path / "out" / FILE).read_bytes()
    (tmp_path / "out" / FILE).write_bytes(whole[: len(whole) // 2])
    again, second = grade({"ada": WRONG_SUM, "bob": WRONG_SUM})
    assert second == first and again["bob"] == found["ada"]
    assert (tmp_path / "out" / FILE).read_bytes() == whole


def test_outcomes_that_an_interrupted_run_observed_are_reused(grade):
    grade({"ada": WRONG_SUM, "bob": UPHILL}, stop_after=1)
    _, whole = grade({"ada": WRONG_SUM, "bob": UPHILL}, folder="alone")
    _, rest = grade({"ada": WRONG_SUM, "bob": UPHILL})
    assert 0 < rest < whole


def test_if_the_file_cannot_be_written_the_verdicts_are_the_same(grade, tmp_path, monkeypatch):
    def refuse(path, data, sync=True):
        if path.name == FILE:
            raise UsageError("no space")
        write_atomically(path, data, sync)

    monkeypatch.setattr(outcome_file, "write_atomically", refuse)
    found, _ = grade({"ada": WRONG_SUM})
    assert found["ada"][0][1] and not (tmp_path / "out" / FILE).exists()
