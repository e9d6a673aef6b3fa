"""Run a job in the current process: locate the functions, run the files, run the checks, and report each step."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence

from grader.core.outcomes import GraderFault, Located, Outcome, Refused
from grader.execution.guest.call_recording.recorded_call import NO_DISPLAY, CheckDisplay, encode_display
from grader.execution.guest.frames import (
    CheckDisplayed,
    CheckFinished,
    FileFinished,
    FileStarted,
    Frame,
    FunctionsLocated,
)
from grader.execution.guest.job import CheckRequest, Job
from grader.execution.guest.observation import Display, observe_and_record
from grader.execution.guest.student_code.sibling_imports import SiblingFinder
from grader.execution.guest.student_code.source_file import SourceFile
from grader.execution.guest.student_code.submitted_modules import SubmittedModules
from grader.experiments.declaration import Experiment


def run_jobs(jobs: Sequence[Job], experiments: Mapping[str, Experiment], report: Callable[[Frame], None]) -> None:
    """Run jobs in sequence, and call `report` with a frame for each step. No job sees the modules of another job."""
    for job in jobs:
        files = [SourceFile(path, data, strict=job.strict_encoding) for path, data in job.files]
        submission = SubmittedModules(files, accepted=job.accepted)
        # Do not iterate over sys.modules: reading a name changes its reference count, and the kernel then copies the
        # page of memory that holds the name for this process.
        known = {file.stem for file in submission.files if file.stem in sys.modules}
        sys.meta_path.append(finder := SiblingFinder(submission))
        _run_job(job, submission, experiments, report)
        if job is not jobs[-1]:  # after the last job the process ends, so nothing has to be cleaned up
            sys.meta_path.remove(finder)
            for name in submission.module_names - known:
                sys.modules.pop(name, None)


def _run_job(
    job: Job, submission: SubmittedModules, experiments: Mapping[str, Experiment], report: Callable[[Frame], None]
) -> None:
    places = submission.locate(job.homes)
    report(FunctionsLocated(places, submission.encodings))
    for index, request in enumerate(job.requests):
        place = places[request.function]
        if place.file and not place.problem and place.file not in submission.modules:
            report(FileStarted(place.file))
            submission.load(place.file)
            report(FileFinished(place.file))
        outcome, display = _run_check(submission, place, request, experiments[request.check], job.record_calls)
        report(CheckFinished(index, outcome))
        shown = _shown(display)
        if job.record_calls or shown != NO_DISPLAY:
            report(CheckDisplayed(index, encode_display(shown)))


def _shown(display: Display | None) -> CheckDisplay:
    """Return the display of a check. If making it raises an exception, return an empty display: the process goes on."""
    try:
        return display() if display else NO_DISPLAY
    except Exception:  # noqa: BLE001  (student code may have changed torch so that any call raises anything)
        return NO_DISPLAY


def _run_check(
    submission: SubmittedModules,
    place: Located,
    request: CheckRequest,
    experiment: Experiment,
    record_calls: bool,
) -> tuple[Outcome, Display | None]:
    """Run one check; return its outcome, and its display if the function was called."""
    if place.problem:
        return place.problem, None
    if problem := submission.load(place.file):
        return problem, None
    found = submission.function(request.function, place)
    if not callable(found):
        missing: Outcome = found
        return missing, None
    functions, own_files = {request.function: found}, submission.own_files
    outcome, display = observe_and_record(
        functions, request.function, experiment, request.seed, own_files, first_call=record_calls
    )
    # The zygote has loaded all data sets. If a data set is missing in a child, the submission has caused this.
    return (Refused((outcome.reason,)) if isinstance(outcome, GraderFault) else outcome), display
