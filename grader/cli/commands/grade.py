"""`grader grade`: a folder of submissions in, results out."""

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
            help="What was handed in, as a folder or a zip: a download of Canvas, Moodle or Gradescope, nbgrader's"
            " submitted/, cloned repositories, or one folder, .py file, notebook or zip per student."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="Where the results go.")],
    course: CourseOption = None,
    layout: LayoutOption = "auto",
    roster: RosterOption = None,
    only: OnlyOption = None,
    jobs: JobsOption = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of the inputs. Default: drawn once per --out.")] = None,
    time_limit: TimeOption = 5.0,
    memory_limit: MemoryOption = 1536,
    sandbox: SandboxOption = "auto",
    dask: DaskOption = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Draw a new seed and grade everything anew.")] = False,
    policy: PolicyOption = None,
    student_pages: Annotated[
        bool,
        typer.Option(
            "--student-pages/--no-student-pages",
            help="A page for every student beside the class page, of up to 200 kB: leave them out in a huge class.",
        ),
    ] = True,
    lang: LangOption = None,
) -> None:
    """Grade a class: exit code 0 when every submission was judged, 1 when some need a human."""
    from grader.execution.host.sandbox_detection import standby

    level, workers, first = sandbox_level(sandbox), worker_count(jobs), not (out / "journal.sqlite").exists()
    # Only the first time: an unchanged class needs no worker.
    early = context.with_resource(standby(workers if first and not dask else 0, level, memory_limit, time_limit))
    from grader.core.language import choose_language, translator
    from grader.course.library import open_library
    from grader.grading.policy.overrides import read_sheet
    from grader.grading.policy.policy import Attempts
    from grader.grading.policy.policy_file import find_policy, read_policy
    from grader.grading.runs.deciding import decide
    from grader.grading.runs.running import Order, run_order
    from grader.reports.pages.page_templates import read_templates
    from grader.reports.terminal import safe
    from grader.reports.writing import write_everything
    from grader.submissions.attempts import latest, read_handed_in
    from grader.submissions.download_summary import how_lines

    started, library = time.monotonic(), open_library(course_near(course, submissions))
    told = read_policy(find_policy(policy, library.course.root), library.course, translator(choose_language(lang)))
    language = choose_language(lang or told.language)
    tr, console, errors = translator(language), Console(highlight=False), Console(highlight=False, stderr=True)
    read_sheet(out)  # one that cannot be read is said now, before anything is graded
    stubs = {shelf.file for shelf in library.exercise_files.values()}
    handed_in = read_handed_in(submissions, stubs, layout, roster, language)
    for line in how_lines(handed_in.facts(), language):
        errors.print(line, markup=False)
    order = Order(
        submissions=handed_in.attempts if told.attempts == Attempts.BEST else latest(handed_in.attempts),
        functions=selected(library.course, only or list(told.exercises)),
        workers=workers,
        level=level,
        time_limit=time_limit,
        memory_limit=memory_limit,
        language=language,
        dask=dask or "",
        early=early,
        handed_in=handed_in.facts(),
        student_pages=student_pages,
    )
    if early:  # they import torch in the meantime
        read_templates(language)
    with run_order(order, library, out, seed, fresh) as done:
        decided = decide(order, done.run, library.course, told, out)
        written = write_everything(out, done, decided, order, library, time.monotonic() - started)
    run = written.run
    for part in written.summary.tables(library, language):
        console.print(part)
    for line in [*written.who, *written.remarks]:
        console.print(line, markup=False)
    for problem in decided.problems:
        console.print(f"[bold red]{safe(problem)}[/]")
    console.print(
        tr("\n{students} students, {functions} functions in {seconds:.1f} s (seed {seed}). Results: {out}").format(
            students=run["students"],
            functions=len(order.functions),
            seconds=run["seconds"],
            seed=run["seed"],
            out=out,
        ),
        markup=False,
    )
    if done.reused:
        console.print(tr("unchanged since an earlier run: {reused}").format(reused=done.reused))
    if decided.problems or run["need_a_human"]:
        raise typer.Exit(1)
