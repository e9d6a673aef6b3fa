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
    JobsOption,
    LangOption,
    MemoryOption,
    OnlyOption,
    SandboxOption,
    TimeOption,
    course_near,
    sandbox_level,
    selected,
    worker_count,
)


@app.command()
def grade(
    submissions: Annotated[
        Path, typer.Argument(help="A folder (or zip) with one folder, one .py file or one notebook per student.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Where the results go.")],
    course: CourseOption = None,
    only: OnlyOption = None,
    jobs: JobsOption = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of the inputs. Default: drawn once per --out.")] = None,
    time_limit: TimeOption = 5.0,
    memory_limit: MemoryOption = 1536,
    sandbox: SandboxOption = "auto",
    fresh: Annotated[bool, typer.Option("--fresh", help="Draw a new seed and grade everything anew.")] = False,
    lang: LangOption = None,
) -> None:
    """Grade a class: exit code 0 when every submission was judged, 1 when some need a human."""
    from grader.cli.reading import latest, read_submissions
    from grader.cli.running import Order, run_order
    from grader.cli.writing import write_everything
    from grader.core.language import choose_language, translator
    from grader.faces.terminal import summary
    from grader.judge.library import open_library

    language, started = choose_language(lang), time.monotonic()
    tr, console = translator(language), Console(highlight=False)
    library = open_library(course_near(course, submissions))
    reading = read_submissions(submissions, {shelf.file for shelf in library.shelves.values()}, language=language)
    order = Order(
        submissions=latest(reading.submissions),
        functions=selected(library.course, only),
        workers=worker_count(jobs),
        level=sandbox_level(sandbox),
        time_limit=time_limit,
        memory_limit=memory_limit,
        language=language,
    )
    with run_order(order, library, out, seed, fresh) as done:
        run = write_everything(out, done, order, library, time.monotonic() - started)
    for part in summary(done.judged, library, language):
        console.print(part)
    console.print(
        tr("\n{students} students, {functions} functions in {seconds:.1f} s (seed {seed}). Results: {out}").format(
            students=len(done.judged),
            functions=len(order.functions),
            seconds=run["seconds"],
            seed=run["seed"],
            out=out,
        ),
        markup=False,
    )
    if done.reused:
        console.print(tr("unchanged since an earlier run: {reused}").format(reused=done.reused))
    if any(student.human for student in done.judged):
        raise typer.Exit(1)
