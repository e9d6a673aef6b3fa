"""A pool that records what real workers return, and a pool that returns the recording without any process.

A class is graded once in the real pool. Afterwards hundreds of runs of the same class need no worker: every other part
of the grader is the real one. Each source of the course is recorded alone, and so is each check of a mistake, because a
resumed run may combine them in another way.
"""

from concurrent.futures import Future
from dataclasses import replace
from itertools import chain

from msgspec import structs

from grader.execution.host.dask_serialization import pack_job, pack_result, unpack_result

STUDENT = b"# student "
"""Start of the last line of every submission."""


def _is_submission(job):
    return bool(job.files) and STUDENT in job.files[0][1]


def _single_jobs(job):
    """Return the jobs of which the result of a job is made: a mistake runs on one check in each."""
    jobs = [structs.replace(job, more=()), *job.more]
    if job.record_calls or _is_submission(job):
        return [[one] for one in jobs]
    return [[structs.replace(one, requests=(request,)) for request in one.requests] for one in jobs]


def _single_functions(job):
    """Return the jobs in which a later run grades one function of a submission: it may reuse the others."""
    functions = {request.function for request in job.requests} if _is_submission(job) else ()
    for function in sorted(functions):
        requests = tuple(request for request in job.requests if request.function == function)
        yield structs.replace(job, requests=requests)


class RecordingPool:
    """Runs each job in a real pool, and keeps the result. `recording` maps an encoded job to its encoded result."""

    def __init__(self, pool):
        self._pool, self.jobs, self.level, self.recording = pool, 1, pool.level, {}

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def submit(self, job):
        """Run a job, and the jobs that a resumed run may start instead."""
        for single in [*chain(*_single_jobs(job)), *_single_functions(job)]:
            self.recording[pack_job(single)] = pack_result(self._pool.submit(single).result(timeout=60))
        return _replay(self.recording, job)


class RecordedPool:
    """Returns the results of a recording. `started` is a file that gets a line for each job: the source of its file.

    The file shows, after the run was killed, which submissions were run.
    """

    def __init__(self, recording, level, started):
        self._recording, self.jobs, self.level, self._started = recording, 1, level, started

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def submit(self, job):
        """Return the recorded result, and note the student."""
        if _is_submission(job):
            with self._started.open("ab") as file:
                file.write(job.files[0][1].rpartition(STUDENT)[2].strip() + b"\n")
        return _replay(self._recording, job)


def _joined(recording, jobs):
    """Return the result of a job from those of its parts."""
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
