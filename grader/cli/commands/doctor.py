"""`grader doctor`: prove that the checks are right."""

from __future__ import annotations

import time
from typing import Annotated

import typer
from rich.console import Console

from grader.cli.app import app
from grader.cli.options import CourseOption, JobsOption, OnlyOption, course_root, selected, worker_count


@app.command()
def doctor(
    course: CourseOption = None,
    only: OnlyOption = None,
    jobs: JobsOption = None,
    mutants: Annotated[bool, typer.Option(help="Try generic mutants of the solutions, too.")] = True,
    machine: Annotated[bool, typer.Option("--machine", help="Say which walls stand on this machine instead.")] = False,
) -> None:
    """Run every known mistake and every alternative: exit code 0 when all die, or live, as they must."""
    if machine:
        _machine()
        return
    from grader.faces.terminal import progress
    from grader.judge.doctor import Doctor
    from grader.judge.library import open_library
    from grader.run.pool import trusted_pool

    console, errors, started = Console(highlight=False), Console(stderr=True, highlight=False), time.monotonic()
    library = open_library(course_root(course))
    functions = selected(library.course, only)
    with trusted_pool(library.experiment_files, worker_count(jobs)) as pool:
        examiner = Doctor(library, pool, mutants)
        for _ in progress(errors, examiner.examine(functions), len(functions), "examining"):
            pass
    diagnosis = examiner.diagnosis
    for survivor in diagnosis.survivors:
        console.print(f"[yellow]survives[/] {_plain(survivor)}", soft_wrap=True)
    for finding in diagnosis.findings:
        console.print(
            f"[bold red]{_plain(finding.place)}[/]: {_plain(finding.found)}\n    cure: {_plain(finding.cure)}",
            soft_wrap=True,
        )
    tried = ", ".join(f"{count} {what}" for what, count in diagnosis.counts.items() if count)
    killed = diagnosis.counts["mutants"] - len(diagnosis.survivors)
    if diagnosis.counts["mutants"]:
        tried += f" ({killed} killed)"
    console.print(f"{tried} in {time.monotonic() - started:.1f} s")
    if diagnosis.findings:
        console.print(f"[bold red]{len(diagnosis.findings)} findings[/]")
        raise typer.Exit(1)
    console.print("[bold green]every mistake dies with its own hint, every alternative lives[/]")


def _machine() -> None:
    """Try every level of the sandbox; exit code 1 when neither full nor core holds."""
    import sys

    from grader.faces.terminal import machine_table, progress
    from grader.run.pool import MEMORY_LIMIT, TIME_LIMIT
    from grader.run.sandbox import survey
    from grader.run.walls import missing_tools

    console = Console(highlight=False)
    if not sys.platform.startswith("linux"):
        console.print(str(missing_tools()[0]))
        raise typer.Exit(1)
    trials = list(progress(Console(stderr=True), survey(MEMORY_LIMIT, TIME_LIMIT), 7, "trying"))
    console.print(machine_table(trials, "en"))
    best = next((trial.confinement.level for trial in trials if trial.holds), None)
    if best != "full":
        for cure in missing_tools():
            console.print(f"to reach level full: {cure}", markup=False)
    console.print(f"--sandbox auto takes: {best.value if best and best.holds else 'nothing, and refuses to grade'}")
    if best is None:
        raise typer.Exit(1)


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)
