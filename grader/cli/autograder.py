"""Command line of an autograder package: grade one submission and always write a results.json, even after an error.

    python -m grader.cli.autograder gradescope|prairielearn ROOT

The current folder contains the course and autograder.json, which `grader package` wrote.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import msgspec

from grader.core.errors import DAMAGED, UsageError
from grader.core.files.atomic_files import write_atomically
from grader.core.language import translator
from grader.packaging.autograder_bundle import SETTINGS, AutograderSettings
from grader.submissions.class_submissions import read_folder_of_student
from grader.submissions.submission import SubmissionMetadata

STUDENT = "submission"
"""Id of the student if the platform does not name a student."""


@dataclass(frozen=True)
class PlatformPaths:
    """Paths below ROOT where a platform puts the submission and expects results.json.

    `read_metadata` returns who submitted, given ROOT.
    """

    submission: str
    results: str
    read_metadata: Callable[[Path], SubmissionMetadata]


def main() -> None:
    """Grade the submission in ROOT and write results.json there."""
    platform, root = sys.argv[1], Path(sys.argv[2])
    paths = PLATFORMS[platform]
    writer = _load_writer(platform)
    language = "en"
    try:
        settings = msgspec.json.decode(Path(SETTINGS).read_bytes(), type=AutograderSettings)
        language = settings.language
        data = grade(settings, Path("course"), root / paths.submission, paths.read_metadata(root), writer)
    except (Exception, SystemExit) as error:  # noqa: BLE001  (the platform needs a results.json after every error)
        traceback.print_exc()  # the platform shows standard output only to the staff
        tr = translator(language)
        words = tr(
            "For the staff: the grader failed ({error}). The submission is ungraded, not scored zero. Run the "
            "autograder again."
        )
        data = writer.failed(words.format(error=_first_line(error)))
    write_atomically(root / paths.results, data)


def grade(
    settings: AutograderSettings, course: Path, folder: Path, metadata: SubmissionMetadata, writer: ModuleType
) -> bytes:
    """Return the content of results.json for one submission, in the format of the platform.

    Errors of grading are not caught.
    """
    from grader.cli.options import selected
    from grader.course.library import open_library
    from grader.exports.export_data import ClassResults
    from grader.exports.results_loader import StudentView, student_result
    from grader.grading.policy.policy_file import find_policy_file, read_policy
    from grader.grading.results.plan import Plan
    from grader.grading.runs.grading_run import GradingRun
    from grader.reports.grading_progress import grade_class

    if not folder.is_dir():
        raise UsageError("Submission folder not found: {path}", path=folder)
    library = open_library(course.resolve())
    submission = read_folder_of_student(STUDENT, folder, metadata)
    selected(library.course, settings.only)
    plan = Plan(
        submissions=str(folder),
        functions=tuple(settings.only or ()),
        seed=settings.seed,
        time_limit=settings.time_limit,
        memory_limit=settings.memory_limit,
        sandbox=settings.sandbox,
        language=settings.language,
    )
    policy = read_policy(find_policy_file(None, library.course.root), library.course)
    view = StudentView(policy, library, settings.language)
    with TemporaryDirectory() as out, GradingRun.open(Path(out), plan, library) as run:
        grade_class(run, [submission], workers=1)
        (result,) = run.results(policy)
        student = student_result(result, policy)
        if student.review_reason:
            print(student.review_reason)  # noqa: T201  (the platform shows standard output only to the staff)
        found = ClassResults((student,), tuple(run.functions), run.facts, settings.language, view.visible_part)
        encoded: bytes = writer.encode(found, student)
        return encoded


def _read_gradescope_metadata(root: Path) -> SubmissionMetadata:
    """Return the names of the submitters in submission_metadata.json; none if the file is missing or damaged."""
    try:
        facts = msgspec.json.decode((root / "submission_metadata.json").read_bytes(), type=dict[str, Any])
    except (OSError, *DAMAGED):
        return SubmissionMetadata()
    users = [user for user in facts.get("users") or [] if isinstance(user, dict)]
    names = tuple(str(user.get("name", "")) for user in users)
    return SubmissionMetadata(name=", ".join(names), group=names)


def _no_metadata(root: Path) -> SubmissionMetadata:
    """Return empty metadata: PrairieLearn does not name the student."""
    return SubmissionMetadata()


PLATFORMS = {
    "gradescope": PlatformPaths("submission", "results/results.json", _read_gradescope_metadata),
    "prairielearn": PlatformPaths("student", "results/results.json", _no_metadata),
}


def _load_writer(platform: str) -> ModuleType:
    from importlib import import_module

    return import_module(f"grader.exports.targets.{platform}")


def _first_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".partition("\n")[0][:300]


if __name__ == "__main__":
    main()
