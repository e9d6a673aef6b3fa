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

    from grader.authoring.doctor_report import DoctorReport


@app.command()
def doctor(
    course: CourseOption = None,
    only: OnlyOption = None,
    jobs: JobsOption = None,
    mutants: Annotated[bool, typer.Option(help="Also try generic mutants of the solutions.")] = True,
    seeds: Annotated[  # at most the length of `authoring.examination.seeds.SEEDS`, whose import takes too long here
        int,
        typer.Option(min=2, max=10, help="Number of seeds with which every mistake and alternative solution is tried."),
    ] = 10,
    generated: Annotated[
        bool, typer.Option("--generated", help="Also check that the generated files are fresh, as sync --check does.")
    ] = False,
    machine: Annotated[
        bool, typer.Option("--machine", help="Only report which sandbox level works on this machine.")
    ] = False,
    details: Annotated[bool, typer.Option("--details", help="With --machine: also try all other levels.")] = False,
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
        _report_machine(language, details)
        return
    from grader.authoring.doctor import Doctor
    from grader.course.library import open_library
    from grader.grading.runs.experiment_errors import report_unloadable_experiments
    from grader.grading.runs.source_pool import make_source_pool
    from grader.reports.terminal import progress

    console, errors, started = Console(highlight=False), Console(stderr=True, highlight=False), time.monotonic()
    library = open_library(course_root(course))
    functions = selected(library.course, only)
    with report_unloadable_experiments(library), make_source_pool(library, worker_count(jobs)) as pool:
        examiner = Doctor(library, pool, mutants, seeds, generated)
        for _ in progress(errors, examiner.examine(functions), len(functions), tr("examining")):
            pass
    report = examiner.report
    for survivor in report.survivors:
        console.print(tr("[yellow]not caught:[/] {mutant}").format(mutant=_plain(survivor)), soft_wrap=True)
    for draw in report.inexact:
        console.print(tr("[yellow]not exact:[/] {draw}").format(draw=_plain(draw)), soft_wrap=True)
    for finding in report.findings:
        console.print(f"[bold red]{_plain(finding.place)}[/]: {_plain(finding.found)}", soft_wrap=True)
        console.print(tr("    What to do: {cure}").format(cure=_plain(finding.cure)), soft_wrap=True)
        for line in finding.entry.splitlines():  # not indented: authors paste it, and it may be Python code
            console.print(line, style="cyan", markup=False, soft_wrap=True)
    if passing := {function: len(mistakes) for function, mistakes in report.passing.items() if mistakes}:
        by_function = ", ".join(f"{function} {count}" for function, count in passing.items())
        text = tr("mistakes that pass all public checks: {count} ({by_function})")
        console.print(text.format(count=sum(passing.values()), by_function=by_function), soft_wrap=True)
    text = tr("{tried} in {seconds:.1f} s")
    console.print(text.format(tried=_describe_counts(report, tr), seconds=time.monotonic() - started))
    if report.findings:
        count = len(report.findings)
        text = tr("[bold red]1 finding[/]") if count == 1 else tr("[bold red]{count} findings[/]")
        console.print(text.format(count=count))
        raise typer.Exit(1)
    console.print(tr("[bold green]all mistakes caught with the right hint; all alternative solutions accepted[/]"))


def _describe_counts(report: DoctorReport, tr: Callable[[str], str]) -> str:
    """Return how many checks, mistakes and so on were tried, as one text."""
    words = {  # singular, plural
        "checks": (tr("1 check"), tr("{count} checks")),
        "mistakes": (tr("1 mistake"), tr("{count} mistakes")),
        "alternatives": (tr("1 alternative solution"), tr("{count} alternative solutions")),
        "trivial answers": (tr("1 trivial answer"), tr("{count} trivial answers")),
        "generated files": (tr("1 generated file"), tr("{count} generated files")),
        "mutants": (tr("1 mutant ({caught} caught)"), tr("{count} mutants ({caught} caught)")),
    }
    caught = report.counts["mutants"] - len(report.survivors)
    counts = {what: count for what, count in report.counts.items() if count}
    texts = (words[what][count > 1].format(count=count, caught=caught) for what, count in counts.items())
    return tr(", ").join(texts)


def _report_machine(language: str, details: bool) -> None:
    """Report the sandbox level that `--sandbox auto` picks on this machine; if `details` is true, report all levels.

    Exit code 1 if neither full nor core works.
    """
    import sys

    from grader.core.language import translator
    from grader.execution.guest.default_limits import MEMORY_LIMIT, TIME_LIMIT
    from grader.execution.host.sandbox_detection import AUTOMATIC, try_levels
    from grader.execution.host.sandbox_levels import Level, missing_tools
    from grader.reports.terminal import machine_table, progress

    tr, console = translator(language), Console(highlight=False)
    if not sys.platform.startswith("linux"):
        console.print(missing_tools()[0].say(language))
        raise typer.Exit(1)
    trials = []
    for trial in try_levels(AUTOMATIC, MEMORY_LIMIT, TIME_LIMIT):
        trials.append(trial)
        if trial.passed:
            break
    best = next((trial.sandbox.level for trial in trials if trial.passed), None)
    level = best.value if best else tr("no level; grading stops")
    console.print(tr("--sandbox auto picks: {level}").format(level=level), style="bold", markup=False)
    if best != Level.FULL:
        for cure in missing_tools():
            console.print(tr("To reach the level full: {cure}").format(cure=cure.say(language)), markup=False)
    if details:
        levels = try_levels((*AUTOMATIC, Level.WEAK), MEMORY_LIMIT, TIME_LIMIT)
        console.print(machine_table([*progress(Console(stderr=True), levels, 7, tr("trying"))], language))
    else:
        console.print(tr("To see all levels, and why a level does not work, run: grader doctor --machine --details"))
    if best is None:
        raise typer.Exit(1)


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)
