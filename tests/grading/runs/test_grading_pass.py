"""How many submissions are in progress depends on the memory that their results take, and never starves a worker."""

from collections import deque
from concurrent.futures import Future

from grader.execution.host.job_run import JobResult
from grader.grading.runs.grading_pass import IN_PROGRESS, LEAST_RUNNING, WINDOW, _next_step
from grader.grading.runs.submission_grader import StartedSubmission

SMALL, LARGE = 10_000, IN_PROGRESS
JOBS = 2


def running(most=LARGE):
    return None, StartedSubmission(lambda: None, Future(), most)


def has_run(memory=SMALL):
    started = running()
    started[1].future.set_result(JobResult(memory=memory))
    return started


def test_small_results_fill_the_whole_window():
    assert _next_step(deque([running(SMALL), *[has_run()] * (WINDOW * JOBS - 2)]), JOBS) == "start"
    assert _next_step(deque([running(SMALL), *[has_run()] * (WINDOW * JOBS - 1)]), JOBS) == "finish"


def test_results_that_have_arrived_and_take_too_much_memory_are_graded_before_others_start():
    assert _next_step(deque([running(), has_run(LARGE), has_run()]), JOBS) == "finish"


def test_few_submissions_with_large_results_run_at_a_time_but_no_worker_is_idle():
    least = LEAST_RUNNING * JOBS
    assert _next_step(deque([running()] * (least - 1)), JOBS) == "start"
    assert _next_step(deque([running()] * least), JOBS) == "wait"
    assert _next_step(deque([running(), *[has_run()] * 3, *[running()] * (least - 2)]), JOBS) == "start"


def test_the_first_submission_is_graded_while_others_run():
    assert _next_step(deque([has_run(), *[running()] * (LEAST_RUNNING * JOBS)]), JOBS) == "finish"


def test_copies_and_missing_submissions_take_no_memory():
    missing = None, StartedSubmission(lambda: None, None, LARGE)
    assert _next_step(deque([missing, (None, None), *[running()] * (LEAST_RUNNING * JOBS - 1)]), JOBS) == "start"
