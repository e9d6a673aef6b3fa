"""`grader doctor`: prove that the checks are right."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from grader.cli.app import app
from grader.cli.options import CourseOption, JobsOption, LangOption, OnlyOption, course_root, selected, worker_count

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.authoring.doctor import Diagnosis


@app.command()
def doctor(
    course: CourseOption = None,
    only: OnlyOption = None,
    jobs: JobsOption = None,
    mutants: Annotated[bool, typer.Option(help="Also try generic mutants of the solutions.")] = True,
    machine: Annotated[
        bool, typer.Option("--machine", help="Only report which sandbox levels work on this machine.")
    ] = False,
    lang: LangOption = None,
) -> None:
    """Prove that the checks are right: catch every known mistake, accept every alternative solution.

    Exit code: 0 without findings, 1 otherwise. Surviving mutants are listed, but they are not findings.

    Examples:
      grader doctor --only ex1_losses
      grader doctor --machine
    """
    from grader.core.language import choose_language, translator

    language = choose_language(lang)
    tr = translator(language)
    if machine:
        _machine(language)
        return
    from grader.authoring.doctor import Doctor
    from grader.course.library import open_library
    from grader.execution.host.pool import trusted_pool
    from grader.reports.terminal import progress

    console, errors, started = Console(highlight=False), Console(stderr=True, highlight=False), time.monotonic()
    library = open_library(course_root(course))
    functions = selected(library.course, only)
    with trusted_pool(library.experiment_files, worker_count(jobs)) as pool:
        examiner = Doctor(library, pool, mutants)
        for _ in progress(errors, examiner.examine(functions), len(functions), tr("examining")):
            pass
    diagnosis = examiner.diagnosis
    for survivor in diagnosis.survivors:
        console.print(tr("[yellow]not caught:[/] {mutant}").format(mutant=_plain(survivor)), soft_wrap=True)
    for finding in diagnosis.findings:
        console.print(f"[bold red]{_plain(finding.place)}[/]: {_plain(finding.found)}", soft_wrap=True)
        console.print(tr("    What to do: {cure}").format(cure=_plain(finding.cure)), soft_wrap=True)
    text = tr("{tried} in {seconds:.1f} s")
    console.print(text.format(tried=_tried(diagnosis, tr), seconds=time.monotonic() - started))
    if diagnosis.findings:
        console.print(tr("[bold red]findings: {count}[/]").format(count=len(diagnosis.findings)))
        raise typer.Exit(1)
    console.print(tr("[bold green]all mistakes caught with the right hint; all alternative solutions accepted[/]"))


def _tried(diagnosis: Diagnosis, tr: Callable[[str], str]) -> str:
    """Return the counts of the diagnosis as one line."""
    words = {
        "checks": tr("checks: {count}"),
        "mistakes": tr("mistakes: {count}"),
        "alternatives": tr("alternative solutions: {count}"),
        "null answers": tr("null answers: {count}"),
        "mutants": tr("mutants: {count} (caught: {killed})"),
    }
    killed = diagnosis.counts["mutants"] - len(diagnosis.survivors)
    counted = {what: count for what, count in diagnosis.counts.items() if count}
    return tr(", ").join(words[what].format(count=count, killed=killed) for what, count in counted.items())


def _machine(language: str) -> None:
    """Report which sandbox levels work here; exit code 1 when neither full nor core does."""
    import sys

    from grader.core.language import translator
    from grader.execution.guest.frames import TIME_LIMIT
    from grader.execution.host.pool import MEMORY_LIMIT
    from grader.execution.host.sandbox_detection import survey
    from grader.execution.host.sandbox_levels import missing_tools
    from grader.reports.terminal import machine_table, progress

    tr, console = translator(language), Console(highlight=False)
    if not sys.platform.startswith("linux"):
        console.print(missing_tools()[0].say(language))
        raise typer.Exit(1)
    trials = list(progress(Console(stderr=True), survey(MEMORY_LIMIT, TIME_LIMIT), 7, tr("trying")))
    console.print(machine_table(trials, language))
    best = next((trial.confinement.level for trial in trials if trial.holds), None)
    if best != "full":
        for cure in missing_tools():
            console.print(tr("To reach the level full: {cure}").format(cure=cure.say(language)), markup=False)
    level = best.value if best and best.holds else tr("no level; grading stops")
    console.print(tr("--sandbox auto picks: {level}").format(level=level))
    if best is None:
        raise typer.Exit(1)


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)
