"""A pool that records the results of real workers, and a pool that returns the recorded results without any process.

A class is graded once in the recording pool. Afterwards the same class can be graded hundreds of times without workers;
all other parts of the grader are the real ones. The result of each source of the course, and of each check of a
mistake, is recorded separately, because a resumed run may combine them in another way.
"""

from concurrent.futures import Future
from dataclasses import replace
from itertools import chain

from msgspec import structs

from grader.execution.host.dask_serialization import pack_job, pack_result, unpack_result

STUDENT = b"# student "
"""The beginning of the last line of every submission. No source of the course contains it."""


def _is_submission(job):
    return bool(job.files) and STUDENT in job.files[0][1]


def _single_jobs(job):
    """Split a job into the jobs that are recorded. Return a list of them for the job itself and for each in `more`.

    A mistake is recorded in one job for each check.
    """
    jobs = [structs.replace(job, more=()), *job.more]
    if job.record_calls or _is_submission(job):
        return [[one] for one in jobs]
    return [[structs.replace(one, requests=(request,)) for request in one.requests] for one in jobs]


def _single_functions(job):
    """Yield a job for each function of a submission: a resumed run may grade one function and reuse the others."""
    functions = {request.function for request in job.requests} if _is_submission(job) else ()
    for function in sorted(functions):
        requests = tuple(request for request in job.requests if request.function == function)
        yield structs.replace(job, requests=requests)


class RecordingPool:
    """Runs each job in a real pool, and stores the result. `recording` maps encoded jobs to encoded results."""

    def __init__(self, pool):
        self._pool, self.jobs, self.level, self.recording = pool, 1, pool.level, {}

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def submit(self, job):
        """Run a job, and also the jobs that a resumed run may start in its place; return the future of the result."""
        for single in [*chain(*_single_jobs(job)), *_single_functions(job)]:
            self.recording[pack_job(single)] = pack_result(self._pool.submit(single).result(timeout=60))
        return _replay(self.recording, job)


class RecordedPool:
    """Returns recorded results. `started` is a file to which the name of the student of each submission is appended.

    After a run was killed, the file shows which submissions had run.
    """

    def __init__(self, recording, level, started):
        self._recording, self.jobs, self.level, self._started = recording, 1, level, started

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def submit(self, job):
        """Return a future with the recorded result. If the job is a submission, append its student to the file."""
        if _is_submission(job):
            with self._started.open("ab") as file:
                file.write(job.files[0][1].rpartition(STUDENT)[2].strip() + b"\n")
        return _replay(self._recording, job)


def _joined(recording, jobs):
    """Return the result of a job, joined from the recorded results of its parts."""
    first, *others = (unpack_result(recording[pack_job(job)]) for job in jobs)
    for other in others:
        first.outcomes |= other.outcomes
    return first


def _replay(recording, job):
    future = Future()
    try:
        results = [_joined(recording, singles) for singles in _single_jobs(job)]
    except KeyError:  # the run under test started a job that the undisturbed run never starts
        future.set_exception(LookupError("this job was not recorded"))
    else:
        future.set_result(replace(results[0], more=results[1:]) if len(results) > 1 else results[0])
    return future
