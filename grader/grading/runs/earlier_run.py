"""Earlier grading run, as run.json records it: its plan and its inputs, so that a submission can be graded again."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from grader.core.errors import UsageError
from grader.core.visible_text import join_and_count_names, visible
from grader.course.library import Library, open_library
from grader.execution.host.sandbox_levels import Level
from grader.grading.results.journal import Journal
from grader.grading.results.plan import PLAN_SCHEMA, Plan
from grader.grading.results.run_file import JOURNAL_FILE, RUN_FILE, read_run
from grader.grading.runs.plan_submissions import read_class
from grader.submissions.class_submissions import latest_attempts
from grader.submissions.people import people_from_run
from grader.submissions.submission import Submission


@dataclass(frozen=True)
class EarlierRun:
    """A grading run as run.json describes it. The run may be interrupted.

    `folder` is the folder where it was started, `level` its sandbox level, `attempts` the number of the graded attempt
    of each student.
    """

    plan: Plan
    folder: Path
    seed: int
    level: str
    attempts: Mapping[str, int]

    def library(self) -> Library:
        """Read the course that this run was graded with. Raises UsageError if the course is no longer there."""
        return open_library(self.plan.course_root(self.folder))

    def submission(self, student: str, library: Library, moved_to: Path | None) -> Submission:
        """Read the graded submission of a student. Raises UsageError if it is no longer there.

        `moved_to` is the present path of the class's submissions, if they have been moved.
        """
        submissions_path = moved_to or self.plan.submissions_path(self.folder)
        require_submissions(submissions_path)
        plan = msgspec.structs.replace(self.plan, submissions=str(submissions_path.absolute()))
        class_submissions = read_class(plan, library, folder=self.folder)
        graded_attempt = self.attempts.get(student)
        for submission in [*class_submissions.attempts, *latest_attempts(class_submissions.attempts)]:
            if submission.student == student and graded_attempt in (None, submission.metadata.attempt):
                return submission
        raise UsageError(
            "No submission of {student} in {path}. Pass its path with --submissions PATH",
            path=submissions_path,
            student=student,
        )


def require_submissions(path: Path) -> None:
    """Raise UsageError if the submissions of an earlier run are no longer at their path."""
    if not path.exists():
        raise UsageError(
            "Submissions not found: {path}. The submissions were there when they were graded. Pass their new "
            "path with --submissions PATH",
            path=path,
        )


def read_plan(results: Path, run: Mapping[str, Any]) -> tuple[Plan, Path]:
    """Return the plan in a run.json, and the folder where the run was started; the current folder if that is gone.

    Raises UsageError if run.json does not hold a plan.
    """
    if not results.is_dir():
        raise UsageError("Results folder not found: {path}. Name the folder of `grader grade --out`", path=results)
    if not (results / RUN_FILE).is_file():
        raise UsageError(
            "{path}: not a results folder, because it has no run.json. Name the folder of `grader grade --out`",
            path=results,
        )
    if run and "schema" not in run:
        raise UsageError(
            "{path}: written by release 0.1, which kept no plan. Grade once more with the same command", path=results
        )
    try:
        plan = msgspec.convert(run.get("plan"), Plan)
    except msgspec.ValidationError:
        raise _no_plan(results) from None
    if plan.schema != PLAN_SCHEMA:
        raise _no_plan(results)
    return plan, _folder_of(run) or Path.cwd()


def _folder_of(run: Mapping[str, Any]) -> Path | None:
    """Return the folder where a run was started; None if it does not exist any more."""
    folder = run.get("folder")
    with suppress(OSError):  # the name is too long
        if isinstance(folder, str) and Path(folder).is_dir():
            return Path(folder)
    return None


def read_earlier_run(results: Path, run: Mapping[str, Any]) -> EarlierRun:
    """Return the run that wrote a results folder. Raises UsageError if run.json lacks the plan of the run."""
    plan, folder = read_plan(results, run)
    seed, level = run.get("seed"), run.get("sandbox")
    if not isinstance(seed, int) or not isinstance(level, str) or level not in [*Level]:
        raise _no_plan(results)
    attempts = {student: about.attempt for student, about in people_from_run(run).items()}
    return EarlierRun(plan, folder, seed, level, attempts)


def _no_plan(results: Path) -> UsageError:
    return UsageError("{file} does not hold the plan of the run. Grade again into this folder", file=results / RUN_FILE)


def refuse_to_leave_out_policy(out: Path, plan: Plan) -> None:
    """Raise UsageError if the last run into a results folder used a file of `--policy`, and this plan names no file.

    Without this error, a command that lacks `--policy` would silently remove late penalties and change points.
    """
    run = read_run(out, "plan", "policy", "folder", "finished")
    earlier = run.get("plan", {}).get("policy")
    if plan.policy or not isinstance(earlier, str) or not earlier:
        return
    # The run.json of an unfinished run does not answer this: it still has the policy of the run before.
    if run.get("finished") and run.get("policy", earlier) is None:
        return
    folder = run.get("folder")
    file = Path(folder) / earlier if isinstance(folder, str) else Path(earlier)
    raise UsageError(
        "{out}: the last run used the policy {policy}, and this run names no policy. To keep the policy, add: "
        "{option}. To grade without a policy, add --replace",
        out=out,
        policy=visible(str(file)),
        option=visible(shlex.join(("--policy", str(file)))),
    )


def refuse_to_lose_times(out: Path, attempts: Iterable[Submission]) -> None:
    """Raise UsageError if submissions that had a time in the last run have no time now, and so cannot be late.

    A Moodle class loses its times if `--roster` is left out, because the times are in the worksheet that `--roster`
    names.
    """
    run = read_run(out, "plan", "people")
    timed = {student for student, about in people_from_run(run).items() if about.submitted}
    lost = [a.student for a in latest_attempts(list(attempts)) if a.metadata.attempt and a.metadata.submitted is None]
    lost = [student for student in lost if student in timed]
    if not lost:
        return
    roster = run.get("plan", {}).get("roster")
    raise UsageError(
        "{out}: submissions that had a time in the last run have no time now, so late penalties would be gone: "
        "{students}. Pass the file that had the times: {option}. To grade without them, add --replace",
        out=out,
        students=visible(join_and_count_names(lost)),
        option=visible(shlex.join(("--roster", roster if isinstance(roster, str) and roster else "FILE"))),
    )


def require_known_journal(results: Path) -> None:
    """Raise UsageError if the journal of a results folder is of a version into which this grader cannot grade.

    A folder without a journal is accepted, and so is a journal of release 0.1, which the next run upgrades.
    """
    if (results / JOURNAL_FILE).is_file():
        with Journal(results / JOURNAL_FILE, upgrade=False):
            pass


def require_consent(level: str, given: str | None, results: Path, command: str) -> None:
    """Raise UsageError if `level`, from run.json, is weak or none, and `given` by the user is not the same level.

    Another person may have written run.json, so this file alone must not disable the sandbox. `command` is the command
    line that confirms the level.
    """
    if level in (Level.WEAK, Level.NONE) and given != level:
        raise UsageError(
            "{file}: graded without a safe sandbox (level {level}). A new run at this level runs the students' "
            "code with your permissions. Read the code first, then confirm with: {command}",
            file=results / RUN_FILE,
            level=level,
            command=command,
        )
