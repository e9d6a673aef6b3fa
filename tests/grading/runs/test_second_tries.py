"""Time-outs and crashes run once more at the end of a run; what comes out the same way twice is reused."""

from contextlib import nullcontext

import pytest
from msgspec import structs

from grader.core.outcomes import GraderFault, TimedOut
from grader.core.reasons import Code, Reason
from grader.grading.results.plan import Plan
from grader.grading.results.run_file import read_run
from grader.grading.runs.grading_run import GradingRun
from grader.grading.runs.second_tries import is_same_way
from grader.grading.verdicts.entry import CheckEntry, FunctionEntry
from grader.submissions.submission import Submission, SubmissionMetadata
from tests.tools import SOLUTION, WRONG_SUM

CRASH = SOLUTION.replace("return y\n", "__import__('os')._exit(0)\n")
ENDLESS = SOLUTION.replace("steps -= 1", "pass")
SAME = "descend was run twice and ended the same way."


class CountingPool:
    """The shared pool, which notes the jobs of the class. `later` maps a source to what its second try runs."""

    def __init__(self, pool, later=(), change=None):
        self._pool, self.jobs, self.level = pool, 2, pool.level
        self.started, self._later, self._change = [], dict(later), change

    def submit(self, job):
        source = job.files[0][1].decode()
        if "# of the class" not in source:
            return self._pool.submit(job)
        is_second = any(source == earlier.files[0][1].decode() for earlier in self.started)
        self.started.append(job)
        if is_second and (answer := self._later.get(source.partition("# of the class")[0])):
            job = structs.replace(job, files=((job.files[0][0], answer.encode()),))
        future = self._pool.submit(job)
        if self._change:
            self._change(future.result(), is_second)
        return future


def handed_in(student, content):
    files = [("ex1_small.py", f"{content}# of the class\n".encode)]
    return Submission(student, None, (), list_files=lambda _: iter(files), metadata=SubmissionMetadata())


@pytest.fixture
def grade(tmp_path, library, pool):
    """A function that grades answers by student; it returns the records by student and function, the pool and the run.

    `stop_after` ends the run after some attempts, before any second try.
    """

    def grade(answers, later=(), change=None, stop_after=None, retry=False, **asked):
        own = CountingPool(pool, later, change)
        plan = Plan(submissions="class", **{"seed": 7, "time_limit": 0.5, "sandbox": pool.level.value} | asked)
        submissions = [handed_in(student, answer) for student, answer in answers.items()]
        with GradingRun.open(tmp_path / "out", plan, library, retry_timeouts=retry, submissions=len(answers)) as run:
            for progress in run.grade(submissions, lambda: nullcontext(own)):
                if progress.graded == stop_after:
                    return {}, own, run
            found = {one.student: {r.function: r for r in one.records} for one in run.results()}
            return found, own, run

    return grade


def functions_of(job):
    return {request.function for request in job.requests}


@pytest.mark.parametrize(("answer", "outcome"), [(CRASH, "crashed"), (ENDLESS, "timed_out")])
def test_a_function_that_ends_the_same_way_twice_is_reused_and_marked(grade, answer, outcome):
    answers = {"ada": SOLUTION, "bob": answer}
    first, pool, _ = grade(answers)
    assert [functions_of(job) for job in pool.started] == [{"mean_square", "descend"}] * 2 + [{"descend"}]
    assert 0 < pool.started[2].budget.seconds < pool.started[1].budget.seconds
    record = first["bob"]["descend"]
    assert (record.outcome, record.second_try, record.remark) == (outcome, "same", SAME)
    assert first["bob"]["mean_square"].second_try == first["ada"]["descend"].second_try == ""
    second, pool, run = grade(answers)
    assert pool.started == [] and run.unchanged == 2 and second == first


@pytest.mark.parametrize("later", [SOLUTION, WRONG_SUM, ENDLESS])
def test_if_the_tries_end_differently_the_second_counts_and_is_marked(grade, later):
    answers = {"bob": CRASH}
    found, _, _ = grade(answers, later={CRASH: later})
    record = found["bob"]["descend"]
    assert record.outcome == ("timed_out" if later == ENDLESS else "passed") and record.second_try == "other"
    assert "the second time counts" in record.remark
    _, pool, _ = grade(answers)
    assert len(pool.started) == (2 if later == ENDLESS else 0)  # a time-out came out once only


def test_copies_share_both_tries(grade):
    answers = dict.fromkeys(("ada", "bob", "cy"), CRASH)
    found, pool, _ = grade(answers)
    assert len(pool.started) == 2
    assert {records["descend"].second_try for records in found.values()} == {"same"}
    found, pool, run = grade(answers | {"dan": CRASH})
    assert pool.started == [] and run.unchanged == 3 and found["dan"]["descend"].second_try == "same"


def test_retry_timeouts_grades_again_only_what_timed_out_or_crashed(grade):
    answers = {"ada": SOLUTION, "bob": CRASH}
    grade(answers)
    found, pool, run = grade(answers, retry=True, later={CRASH: SOLUTION})
    assert [functions_of(job) for job in pool.started] == [{"descend"}, {"descend"}] and run.unchanged == 1
    assert found["bob"]["descend"].second_try == "other" and found["bob"]["descend"].score == 2.0


def test_another_time_limit_grades_everything_again(grade):
    grade({"bob": CRASH})
    _, pool, _ = grade({"bob": CRASH}, time_limit=0.6)
    assert len(pool.started) == 2


def test_a_killed_run_makes_the_second_tries_when_it_is_resumed(grade):
    answers = {"ada": SOLUTION, "bob": CRASH, "cy": CRASH}
    _, pool, _ = grade(answers, stop_after=3)
    assert len(pool.started) == 2
    found, pool, run = grade(answers)
    assert run.resumed and [functions_of(job) for job in pool.started] == [{"descend"}]
    assert found["bob"]["descend"].second_try == found["cy"]["descend"].second_try == "same"


def test_files_of_a_killed_run_show_no_score_for_what_lacks_its_second_try(grade, library):
    answers = {"ada": SOLUTION, "bob": ENDLESS}
    _, _, killed = grade(answers, stop_after=2)
    with GradingRun.reopen(killed.out, killed.plan, library) as run:
        ada, bob = run.results()
    record = {record.function: record for record in bob.records}["descend"]
    assert (record.outcome, record.score, record.second_try) == ("timed_out", None, "left")
    assert "before the second try" in bob.final.reviews["descend"] and "mean_square" not in bob.final.reviews
    assert bob.final.score is None and ada.final.score == 5.0 and not ada.review_reason
    assert read_run(killed.out)["not_graded"] == 1
    found, _, _ = grade(answers)
    assert (found["bob"]["descend"].score, found["bob"]["descend"].second_try) == (0.0, "same")
    assert "not_graded" not in read_run(killed.out)


def over_budget(result, is_second):
    """Change a result as if the budget had ended the last function."""
    for key, outcome in result.outcomes.items():
        if isinstance(outcome, TimedOut):
            result.outcomes[key] = TimedOut(outcome.seconds, reason=Reason.of(Code.TIME_BUDGET, seconds=60))
            result.is_over_budget = True


def test_what_a_budget_ended_has_no_second_try_in_its_run_and_is_reused_after_the_next_one(grade):
    answers = {"bob": ENDLESS}
    found, pool, _ = grade(answers, change=over_budget)
    assert len(pool.started) == 1 and found["bob"]["descend"].second_try == ""
    found, pool, _ = grade(answers, change=over_budget)
    assert len(pool.started) == 1 and found["bob"]["descend"].second_try == "same"
    _, pool, run = grade(answers)
    assert pool.started == [] and run.unchanged == 1


def second_fails(result, is_second):
    """Change the result of a second try as if the grader had failed."""
    if is_second:
        for key in result.outcomes:
            result.outcomes[key] = GraderFault(Reason.of(Code.INTERNAL, error="ours"))


def test_a_failure_of_the_grader_does_not_count_as_a_second_try(grade):
    found, _, _ = grade({"bob": CRASH}, change=second_fails)
    assert (found["bob"]["descend"].outcome, found["bob"]["descend"].second_try) == ("crashed", "")
    found, pool, _ = grade({"bob": CRASH})
    assert len(pool.started) == 2 and found["bob"]["descend"].second_try == "same"


def test_the_same_way_is_the_same_outcome_with_the_same_checks_passed():
    checks = [CheckEntry(name, name == "a", 0.0, 1.0, ["timed_out", 1.0, False]) for name in ("a", "b")]
    entry = FunctionEntry("ex", "f", 0.0, 2.0, "timed_out", (), tuple(checks))
    assert is_same_way(entry, entry)
    assert not is_same_way(entry, structs.replace(entry, outcome="crashed"))
    assert not is_same_way(entry, structs.replace(entry, checks=(structs.replace(checks[0], passed=False), checks[1])))
