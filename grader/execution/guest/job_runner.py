"""Run a job: find a submission's functions, run its files and its tasks, report each step. No process of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence

from grader.core.outcomes import GraderFault, Located, Outcome, Refused
from grader.execution.guest.frames import FileFinished, FileStarted, Frame, FunctionsLocated, Job, TaskFinished
from grader.execution.guest.observation import observe
from grader.execution.guest.student_code.submitted_modules import SiblingFinder, SourceFile, SubmittedModules
from grader.experiments.declaration import Experiment


def run_jobs(jobs: Sequence[Job], experiments: Mapping[str, Experiment], report: Callable[[Frame], None]) -> None:
    """Run jobs one after the other; each finds no module of those before it."""
    for job in jobs:
        submission = SubmittedModules([SourceFile(path, data) for path, data in job.files])
        # Not all of sys.modules is gone through: every name that is touched is a page that this process must copy.
        known = {file.stem for file in submission.files if file.stem in sys.modules}
        sys.meta_path.append(finder := SiblingFinder(submission))
        _run_job(job, submission, experiments, report)
        if job is not jobs[-1]:  # after the last the process ends, and a submission is always the last
            sys.meta_path.remove(finder)
            for name in submission.module_names - known:
                sys.modules.pop(name, None)


def _run_job(
    job: Job, submission: SubmittedModules, experiments: Mapping[str, Experiment], report: Callable[[Frame], None]
) -> None:
    """Locate the functions, run the files that define them, run the tasks; report each step as it is made."""
    places = submission.locate(job.homes)
    report(FunctionsLocated(places))
    for index, task in enumerate(job.tasks):
        place = places[task.function]
        if place.file and not place.problem and place.file not in submission.modules:
            report(FileStarted(place.file))
            submission.load(place.file)
            report(FileFinished(place.file))
        report(TaskFinished(index, _run_task(submission, place, task.function, experiments[task.check], task.seed)))


def _run_task(
    submission: SubmittedModules,
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
    if not callable(found):
        missing: Outcome = found
        return missing
    outcome = observe({function: found}, function, experiment, seed, submission.own_files)
    # The zygote made sure that nothing is unavailable: in a child this is the submission's doing.
    return Refused((outcome.reason,)) if isinstance(outcome, GraderFault) else outcome
