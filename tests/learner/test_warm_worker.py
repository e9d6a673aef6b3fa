"""`WarmWorker`, for systems that cannot fork: one interpreter runs all jobs in turn."""

import pytest

from grader.core.outcomes import Crashed, Missing, Observed, TimedOut
from grader.execution.guest.job import CheckRequest, Job
from grader.learner import warm_worker
from tests.tools import PROBES

CHECKS = ("first::value_of_first", "second::value_of_second")


@pytest.fixture(scope="module")
def outcomes():
    """Outcomes and output of several submissions that one warm worker ran in turn."""
    runner = warm_worker.BackgroundRunner([(str(PROBES), PROBES.read_bytes())])
    runner.close()  # this worker forks
    before, warm_worker.CAN_FORK = warm_worker.CAN_FORK, False
    runner = warm_worker.BackgroundRunner([(str(PROBES), PROBES.read_bytes())])
    warm_worker.CAN_FORK = before

    def run(source, *more):
        files = (("answer.py", source.encode()), *more)
        requests = tuple(CheckRequest(check.partition("::")[0], check, 0) for check in CHECKS)
        job = Job(files, {request.function: "answer" for request in requests}, requests, 1.0)
        [result] = runner.run([job]).result(timeout=100)
        return [result.outcomes[check, 0] for check in CHECKS], result.output

    helper = ("helper.py", b"VALUE = 3.0")
    try:
        yield {
            "right": run("print('hello')\ndef first(): return 1.0\ndef second(): return 2.0"),
            "other": run("import helper\ndef first(): return helper.VALUE\ndef second(): return 2.0", helper),
            "after": run("import helper\ndef first(): return 1.0", ("helper.py", b"raise ValueError('mine')")),
            "endless": run("def first():\n    while True: pass\ndef second(): return 2.0"),
            "leaves": run("import os\ndef first(): return 1.0\ndef second(): os._exit(3)"),
        }
    finally:
        runner.close()


def test_a_result_includes_what_the_job_printed(outcomes):
    found, output = outcomes["right"]
    assert all(isinstance(outcome, Observed) for outcome in found)
    assert output == "hello\n"


def test_a_job_shares_no_state_with_the_job_before(outcomes):
    assert outcomes["other"][0][0] != outcomes["right"][0][0]
    assert outcomes["other"][1] == ""
    assert "mine" in str(outcomes["after"][0][0])


def test_an_endless_loop_costs_one_function_and_the_next_job_runs(outcomes):
    first, second = outcomes["endless"][0]
    assert isinstance(first, TimedOut)
    assert isinstance(second, Observed)
    first, second = outcomes["leaves"][0]
    assert isinstance(first, Observed)
    assert isinstance(second, Crashed)


def test_a_function_that_is_not_there_is_missing(outcomes):
    assert isinstance(outcomes["after"][0][1], Missing) or "mine" in str(outcomes["after"][0][1])
