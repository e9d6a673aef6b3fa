"""`grader grade`: grade a folder of submissions into a results folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from grader.cli.app import app
from grader.cli.locked_results import lock_results
from grader.cli.options import (
    CourseOption,
    DaskOption,
    JobsOption,
    LangOption,
    LayoutOption,
    MaxTimeOption,
    MemoryOption,
    OnlyOption,
    PolicyOption,
    RetryOption,
    RosterOption,
    SandboxOption,
    SubmissionLimitOption,
    TimeOption,
    course_language,
    course_near,
    sandbox_level,
    selected,
    worker_count,
)
from grader.execution.guest.default_limits import MEMORY_LIMIT, TIME_LIMIT


@app.command()
def grade(
    context: typer.Context,
    submissions: Annotated[
        Path,
        typer.Argument(
            help="Submissions, as a folder or a zip: a download from Canvas, Moodle or Gradescope, the folder "
            "submitted/ of nbgrader, cloned repositories, or one folder, .py file, notebook or zip per student."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="Results folder to write.")],
    course: CourseOption = None,
    layout: LayoutOption = "auto",
    roster: RosterOption = None,
    only: OnlyOption = None,
    jobs: JobsOption = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Seed of the inputs. Default: drawn at random once per results folder.")
    ] = None,
    time_limit: TimeOption = TIME_LIMIT,
    memory_limit: MemoryOption = MEMORY_LIMIT,
    submission_limit: SubmissionLimitOption = None,
    sandbox: SandboxOption = "auto",
    dask: DaskOption = None,
    max_time: MaxTimeOption = None,
    retry_timeouts: RetryOption = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Draw a new seed and grade every submission again.")] = False,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace", help="Drop earlier scores, fixes and an earlier policy that are not part of this run."
        ),
    ] = False,
    policy: PolicyOption = None,
    fixes: Annotated[
        Path | None,
        typer.Option(
            "--fixes",
            metavar="DIR",
            help="Folder with corrected files: one folder for each student, named by the student's id. Its files "
            "replace the submitted files of the same path, or are added; its file DELETE lists submitted files to "
            "ignore.",
        ),
    ] = None,
    student_pages: Annotated[
        bool,
        typer.Option(
            "--student-pages/--no-student-pages",
            help="Also write a page for each student, up to 200 kB each; leave them out for a very large class.",
        ),
    ] = True,
    lang: LangOption = None,
) -> None:
    """Grade the submissions of a class.

    Exit code: 0 when every submission is graded, 1 when some need review, or are not graded because of --max-time.

    The results folder contains the class page index.html, grades.csv and a page for each student.

    Examples:
      grader grade submissions --out results --only ex1_losses
      grader grade submissions.zip --out results --roster roster.csv --fixes fixes
    """
    from grader.execution.host.sandbox_detection import StandbyWorkers
    from grader.grading.results.run_file import JOURNAL_FILE

    level, workers = sandbox_level(sandbox), worker_count(jobs)
    lock_results(context, out, whole_run=True, make_folder=True)
    standby = context.with_resource(StandbyWorkers(0 if dask else workers, level, memory_limit, time_limit))
    if _has_news(submissions, out / JOURNAL_FILE):  # an unchanged class needs no worker
        standby.launch()
    from grader.cli.class_grading import grade_plan
    from grader.core.language import choose_language, translator
    from grader.course.library import open_library
    from grader.grading.policy.policy_file import find_policy_file, read_policy
    from grader.grading.results.plan import Plan

    library = open_library(course_near(course, submissions))
    rules = read_policy(
        find_policy_file(policy, library.course.root), library.course, translator(choose_language(lang))
    )
    names = only or list(rules.exercises)
    selected(library.course, names)  # report a name that the course lacks as an error of --only
    plan = Plan(
        submissions=str(submissions),
        course=str(course or ""),
        layout=layout,
        roster=str(roster or ""),
        policy=str(policy or ""),
        fixes=str(fixes or ""),
        functions=tuple(names),
        attempts=rules.attempts,
        strict_encoding=rules.files.is_strict,
        seed=seed,
        fresh=fresh,
        time_limit=time_limit,
        memory_limit=memory_limit,
        submission_limit=submission_limit,
        sandbox=level,
        dask=dask or "",
        language=course_language(lang or rules.language, library.course),
        student_pages=student_pages,
    )
    grade_plan(plan, out, library, rules, workers, replace, standby, max_time, retry_timeouts)


def _has_news(submissions: Path, journal: Path) -> bool:
    """Return whether this looks like a new class, or some submissions seem to have come after the last run.

    A wrong guess costs time, but changes no result.
    """
    try:
        last_run = journal.stat().st_mtime
        entries = [*os.scandir(submissions)] if submissions.is_dir() else [submissions]
        return any(entry.stat().st_ctime > last_run for entry in entries)
    except OSError:  # no journal yet
        return True
