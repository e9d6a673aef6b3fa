"""`grader grade`: grade a folder of submissions into a results folder."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from grader.cli.app import app
from grader.cli.options import (
    CourseOption,
    DaskOption,
    JobsOption,
    LangOption,
    LayoutOption,
    MemoryOption,
    OnlyOption,
    PolicyOption,
    RosterOption,
    SandboxOption,
    TimeOption,
    course_language,
    course_near,
    sandbox_level,
    selected,
    worker_count,
)


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
    time_limit: TimeOption = 5.0,
    memory_limit: MemoryOption = 1536,
    sandbox: SandboxOption = "auto",
    dask: DaskOption = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Draw a new seed and grade every submission again.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Drop scores of students or functions that are not in this run.")
    ] = False,
    policy: PolicyOption = None,
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

    Exit code: 0 when every submission is graded, 1 when some need review.

    The results folder contains the class page index.html, grades.csv and a page for each student.

    Examples:
      grader grade submissions.zip --out results
      grader grade submissions --out results --only ex1_losses --roster roster.csv
    """
    from grader.execution.host.sandbox_detection import launch_standby_workers

    level, workers, first = sandbox_level(sandbox), worker_count(jobs), not (out / "journal.sqlite").exists()
    # Only with a new results folder: grading an unchanged class again needs no worker.
    standby_workers = context.with_resource(
        launch_standby_workers(workers if first and not dask else 0, level, memory_limit, time_limit)
    )
    from grader.core.language import choose_language, translator
    from grader.course.library import open_library
    from grader.grading.policy.overrides import read_override_table
    from grader.grading.policy.policy import Attempts
    from grader.grading.policy.policy_file import find_policy_file, read_policy
    from grader.grading.results.earlier_scores import read_earlier_scores
    from grader.grading.results.plan import Plan
    from grader.grading.runs.grading_run import GradingRun
    from grader.grading.runs.score_inputs import read_score_inputs
    from grader.reports.grading_progress import grade_class
    from grader.reports.pages.page_templates import compile_templates
    from grader.reports.terminal import safe
    from grader.reports.writing import write_files
    from grader.submissions.class_submissions import latest_attempts, read_class_submissions
    from grader.submissions.download_summary import layout_lines

    started, library = time.monotonic(), open_library(course_near(course, submissions))
    rules = read_policy(
        find_policy_file(policy, library.course.root), library.course, translator(choose_language(lang))
    )
    language = course_language(lang or rules.language, library.course)
    tr, console, errors = translator(language), Console(highlight=False), Console(highlight=False, stderr=True)
    read_override_table(out)  # report an unreadable overrides.csv before grading
    handed_in = read_class_submissions(submissions, library.stub_files, layout, roster, language, out)
    for line in layout_lines(handed_in.facts(), language):
        errors.print(line, markup=False)
    names = only or list(rules.exercises)
    selected(library.course, names)  # report a name that the course lacks as an error of --only
    plan = Plan(
        submissions=str(submissions),
        course=str(course or ""),
        layout=layout,
        roster=str(roster or ""),
        policy=str(policy or ""),
        functions=tuple(names),
        attempts=rules.attempts,
        seed=seed,
        fresh=fresh,
        time_limit=time_limit,
        memory_limit=memory_limit,
        sandbox=level,
        dask=dask or "",
        language=language,
        student_pages=student_pages,
    )
    if standby_workers:  # compile the templates while the workers import torch
        compile_templates(language)
    attempts = handed_in.attempts if rules.attempts == Attempts.BEST else latest_attempts(handed_in.attempts)
    if not replace:
        students = (attempt.student for attempt in attempts)
        read_earlier_scores(out).refuse_to_drop(students, plan.selected(library.course), out)
    with GradingRun.open(out, plan, library) as run:
        grade_class(run, attempts, workers, standby_workers)
        inputs = read_score_inputs(run, rules)
        written = write_files(run, inputs, handed_in.facts(), time.monotonic() - started)
    facts = written.facts
    for part in written.summary.tables(library, language, written.unexplained):
        console.print(part)
    for line in [*written.who, *written.remarks]:
        console.print(line, markup=False)
    for problem in inputs.problems:
        console.print(f"[bold red]{safe(problem)}[/]")
    console.print(
        tr(
            "\nStudents: {students}, functions: {functions}, time: {seconds:.1f} s, seed: {seed}. Results: {out}"
        ).format(
            students=facts["students"],
            functions=len(run.functions),
            seconds=facts["seconds"],
            seed=run.seed,
            out=out,
        ),
        markup=False,
    )
    if run.unchanged:
        console.print(tr("unchanged submissions, reused from the journal: {reused}").format(reused=run.unchanged))
    if inputs.problems or facts["need_a_human"]:
        raise typer.Exit(1)
