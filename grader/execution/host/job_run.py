"""Run a job with one worker: start the children that the job needs, and take the outcomes from their reports.

Usually one child runs a whole submission. If a check times out or ends the child, the remaining checks of the same
function get the same outcome without a run. After that, a new child runs the remaining functions, unless the budget of
the submission is used up. Sources of the course (the solution, its mistakes) may share a child. If one source ends the
child, it runs again in a separate child, so that other sources do not influence its outcome.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from msgspec import structs

from grader.core.errors import ForkServerDiedError, WorkerDiedError, WorkerStartError
from grader.core.outcomes import Crashed, GraderFault, Located, Outcome, TimedOut
from grader.core.reasons import LIMITS, Code, Reason
from grader.execution.guest.frames import (
    CheckDisplayed,
    CheckFinished,
    FileFinished,
    FileStarted,
    FunctionsLocated,
    unpack,
)
from grader.execution.guest.job import CheckRequest, Job
from grader.execution.host.child_monitor import ChildReport, LargeResult
from grader.execution.host.portable_worker import PortableWorker
from grader.execution.host.submission_budget import BudgetUse
from grader.execution.host.worker import Worker

AnyWorker: TypeAlias = Worker | PortableWorker


@dataclass
class JobResult:
    """Result of a job.

    outcomes: the outcome of each (check, seed).
    places: the location of each function.
    seconds: the time that the checks of each function took.
    output: the printed output.
    displays: encoded calls and exceptions that are shown with the outcome of a (check, seed). No verdict depends on it.
    more: the results of the jobs in `Job.more`.
    encodings: the encoding of each file that is not UTF-8, as a key of `core.source_encoding.ENCODINGS`.
    seconds_used: the seconds of `Job.budget` that all children together used.
    is_over_budget: True if the budget ended the submission. In this case the last outcomes are `TimedOut`, with a
        reason of `core.reasons.BUDGETS`.
    large: encoded results that would take too much memory in `outcomes`, by (check, seed).
    memory: approximate memory of the results, in bytes.
    """

    outcomes: dict[tuple[str, int], Outcome] = field(default_factory=dict)
    places: dict[str, Located] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    output: str = ""
    displays: dict[tuple[str, int], bytes] = field(default_factory=dict)
    more: list[JobResult] = field(default_factory=list)
    encodings: dict[str, str] = field(default_factory=dict)
    seconds_used: float = 0.0
    is_over_budget: bool = False
    large: dict[tuple[str, int], bytes] = field(default_factory=dict)
    memory: int = 0

    def outcome(self, check: str, seed: int) -> Outcome | None:
        """Return the outcome of a check, or None. A large outcome is decoded again in each call."""
        frame = self.large.get((check, seed))
        if frame is None:
            return self.outcomes.get((check, seed))
        decoded = unpack(frame)
        assert isinstance(decoded, CheckFinished)
        return decoded.outcome


def run_job(worker: AnyWorker, job: Job) -> JobResult:
    """Run all checks of a job. If a check ends its child, a new child runs the remaining functions."""
    if not job.more:
        return _run_alone(worker, job)
    results: list[JobResult] = []
    pending = [structs.replace(job, more=()), *job.more]
    while pending:
        results += _run_together(worker, pending)
        pending = [structs.replace(job, more=()), *job.more][len(results) :]
        if pending:  # the first of the remaining jobs ended the child or the worker, so it runs alone
            results.append(_run_alone(worker, pending.pop(0)))
    return replace(results[0], more=results[1:])


def _run_together(worker: AnyWorker, jobs: Sequence[Job]) -> list[JobResult]:
    """Run jobs in one child; return their results, up to the job before the one that ended the child."""
    try:
        reports = worker.run(jobs, jobs[0].time_limit)
    except WorkerDiedError:
        worker.stop()
        return []
    done = []
    for job, report in zip(jobs, reports, strict=True):
        if report.ending or (job.requests and not report.frames):
            break
        result = JobResult()
        _add_report(report, [*job.requests], result, job)
        done.append(result)
    return done


def _run_alone(worker: AnyWorker, job: Job) -> JobResult:
    use = BudgetUse(job.budget)
    result = _run_children(worker, structs.replace(job, budget=None), use)  # a child does not need the budget
    result.seconds_used, result.is_over_budget, result.memory = use.seconds, use.exceeded is not None, use.memory
    return result


def _run_children(worker: AnyWorker, job: Job, use: BudgetUse) -> JobResult:
    result, remaining = JobResult(), list(job.requests)
    deaths = faults = 0
    while remaining:
        if use.exceeded:
            _record_outcome(result, remaining, TimedOut(job.time_limit, unrun=True, reason=use.exceeded))
            break
        try:
            (report,) = worker.run([structs.replace(job, requests=tuple(remaining))], job.time_limit, use)
        except WorkerDiedError as death:
            worker.stop()
            if isinstance(death, WorkerStartError | ForkServerDiedError):
                faults += 1
            else:
                deaths += 1
            if faults > 1:
                _record_outcome(result, remaining, GraderFault(Reason.of(Code.INTERNAL, error=str(death))))
                break
            if deaths > 1:
                # One worker may die by chance. If two die while they run the same submission, it has killed them.
                _record_outcome(result, remaining, Crashed(Reason.of(Code.LOST_WORKERS)))
                break
            continue
        remaining = _add_report(report, remaining, result, job)
    return result


def _add_report(report: ChildReport, requests: list[CheckRequest], result: JobResult, job: Job) -> list[CheckRequest]:
    """Add a report on `requests` to the result; return the requests that a new child must run."""
    done, loading, previous = 0, "", None
    for time, frame in report.frames:
        match frame:
            case FunctionsLocated(functions, encodings):
                result.places, result.encodings = dict(functions), dict(encodings)
            case FileStarted(file):
                loading = file
            case FileFinished():
                loading = ""
            case CheckFinished(index) | LargeResult(index):
                request = requests[index]
                if isinstance(frame, LargeResult):
                    result.large[request.check, request.seed] = frame.frame
                else:
                    result.outcomes[request.check, request.seed] = frame.outcome
                done = index + 1
                spent = time - previous if previous is not None else 0.0
                result.seconds[request.function] = result.seconds.get(request.function, 0.0) + spent
            case CheckDisplayed(index, display):
                result.displays[requests[index].check, requests[index].seed] = display
        previous = time
    result.output += report.output.decode("utf-8", "replace")
    if not report.ending or done == len(requests):
        return []
    return _settle_stopped(report, requests[done:], loading, result, job)


def _settle_stopped(
    report: ChildReport, remaining: list[CheckRequest], loading: str, result: JobResult, job: Job
) -> list[CheckRequest]:
    """Record the outcomes that the end of a child decides; return the other requests.

    The child ended while it ran the file `loading`, or if `loading` is empty, the check `remaining[0]`.
    """
    ending: TimedOut | Crashed = TimedOut(job.time_limit)
    if isinstance(report.ending, Reason) and report.ending.code == Code.NO_PROCESSOR:
        _record_outcome(result, remaining, GraderFault(report.ending))  # the machine is too busy for all other checks
        return []
    if isinstance(report.ending, Reason):
        is_limit = report.ending.code in LIMITS
        ending = TimedOut(job.time_limit, reason=report.ending) if is_limit else Crashed(report.ending)
    if not report.frames or (isinstance(ending, TimedOut) and ending.is_over_budget):
        lost = remaining  # the parser crashed, or the budget is used up
    else:
        lost = [request for request in remaining if loading and result.places[request.function].file == loading]
        # A hostile child may report a file that defines none of the remaining functions. In this case drop one
        # function, so that the loop in `_run_children` ends.
        lost = lost or [request for request in remaining if request.function == remaining[0].function]
    result.outcomes[lost[0].check, lost[0].seed] = ending
    unrun = replace(ending, unrun=True)
    if isinstance(unrun, TimedOut) and not unrun.is_over_budget:
        unrun = replace(unrun, reason=None)  # the reason belongs only to the check that ran
    _record_outcome(result, lost[1:], unrun)
    return [request for request in remaining if request not in lost]


def _record_outcome(result: JobResult, requests: Sequence[CheckRequest], outcome: Outcome) -> None:
    for request in requests:
        result.outcomes[request.check, request.seed] = outcome
