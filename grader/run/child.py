"""The child: one submission, one process, forked from the zygote. It runs what it is given and reports what it saw.

It holds no expected value and decides nothing. Descriptors on arrival: the job, the result pipe, the output pipe.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping

import msgspec

from grader.core.outcomes import GraderFault, Located, Missing, Outcome, Refused
from grader.declare.experiment import Experiment
from grader.run.confine import Walls
from grader.run.observe import observe
from grader.run.source import SiblingFinder, SourceFile, Submission
from grader.run.wire import Done, Frame, Job, Loading, Placed, pack

JOB, RESULT = 4, 3
"""The descriptors of a child; 0 is /dev/null, 1 and 2 are the output pipe."""


def run_child(job_fd: int, result_fd: int, output_fd: int, experiments: Mapping[str, Experiment], walls: Walls) -> None:
    """Move into a world of five descriptors, put up the walls, run the job. Never returns to the zygote's loop."""
    os.setsid()
    null = os.open(os.devnull, os.O_RDONLY)
    walls.restrict_files()
    # Two moves: a descriptor must not be overwritten before it has been copied.
    high = [os.dup2(fd, 200 + i) for i, fd in enumerate((null, output_fd, output_fd, result_fd, job_fd))]
    for target, fd in enumerate(high):
        os.dup2(fd, target)
    os.closerange(5, 4096)  # the control socket above all: close-on-exec does nothing at a fork
    with os.fdopen(JOB, "rb") as file:
        job = msgspec.msgpack.decode(file.read(), type=Job)
    walls.restrict_calls()
    run_job(job, experiments, send)


def send(frame: Frame) -> None:
    """Write a frame to the result pipe."""
    data = memoryview(pack(frame))
    while data:
        data = data[os.write(RESULT, data) :]


def run_job(job: Job, experiments: Mapping[str, Experiment], report: Callable[[Frame], None]) -> None:
    """Locate the functions, run the files that define them, run the tasks; report each step as it is made."""
    submission = Submission([SourceFile(path, data) for path, data in job.files])
    sys.meta_path.append(SiblingFinder(submission))
    places = submission.locate(job.homes)
    report(Placed(places))
    for index, task in enumerate(job.tasks):
        place = places[task.function]
        if place.file and not place.problem and place.file not in submission.modules:
            report(Loading(place.file))
        report(Done(index, _run_task(submission, place, task.function, experiments[task.check], task.seed)))


def _run_task(
    submission: Submission,
    place: Located,
    function: str,
    experiment: Experiment,
    seed: int,
) -> Outcome:
    if place.problem:
        return place.problem
    if problem := submission.load(place.file):
        return problem
    found = submission.function(function, place)
    if isinstance(found, Missing):
        return found
    outcome = observe({function: found}, function, experiment, seed, submission.own_files)
    # The zygote made sure that nothing is unavailable: in a child this is the submission's doing.
    return Refused(outcome.detail) if isinstance(outcome, GraderFault) else outcome
