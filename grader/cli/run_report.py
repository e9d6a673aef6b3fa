"""Print the report of a grading run, or a message that its time was over."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console

if TYPE_CHECKING:
    from grader.grading.runs.grading_run import GradingRun
    from grader.grading.runs.score_inputs import ClassInputs
    from grader.reports.writing import RunReport


def shown_folder(out: Path) -> Path:
    """Return the path of the results folder, relative to the current folder if it is inside."""
    return out.relative_to(Path.cwd()) if out.is_relative_to(Path.cwd()) else out


def print_stop(run: GradingRun, attempts: int, max_minutes: float) -> None:
    """Print that the time of a run is over, and how to continue."""
    from grader.core.language import translator

    tr, console = translator(run.plan.language), Console(highlight=False)
    command = shlex.join(["grader", "regrade", str(shown_folder(run.out))])
    lines = (
        tr("Stopped after {minutes:g} minutes (--max-time). Submissions graded: {graded}, not graded yet: {left}"),
        _result_files_text(run.out, tr),
        tr("To grade the other submissions, run the same command again, or: {command}"),
        tr("To write the result files of the submissions that are graded so far, run: {command} --finish"),
    )
    for text in lines:
        line = text.format(minutes=max_minutes, graded=run.graded, left=attempts - run.graded, command=command)
        console.print(line, markup=False, soft_wrap=True)


def _result_files_text(out: Path, tr: Callable[[str], str]) -> str:
    """Return a sentence on the result files in a folder whose last run did not finish."""
    from grader.grading.results.run_file import read_run

    if not (out / "results.jsonl").is_file():
        return tr("All verdicts are in the journal. No result files are written yet.")
    if "not_graded" in read_run(out, "not_graded"):
        return tr("All verdicts are in the journal. The result files are still those that --finish wrote.")
    return tr("All verdicts are in the journal. The result files are still those of the last finished run.")


def print_report(run: GradingRun, inputs: ClassInputs, report: RunReport, may_exit: bool = True) -> None:
    """Print the tables and remarks of a run whose files are written; raise typer.Exit if students need review."""
    from grader.core.language import translator
    from grader.reports.terminal import safe

    facts, language, console = report.facts, run.plan.language, Console(highlight=False)
    tr = translator(language)
    for part in report.summary.tables(run.library, language, report.unexplained):
        console.print(part)
    for line in report.student_lines:
        console.print(line, markup=False)
    for part in report.names.tables(tr):
        console.print(part)
    for line in report.remarks:
        console.print(line, markup=False)
    for problem in inputs.problems:
        console.print(f"[bold red]{safe(problem)}[/]")
    for line in [*report.policy, *report.publication]:
        console.print(f"[bold yellow]![/] {safe(line)}", soft_wrap=True)
    console.print(
        tr(
            "\nStudents: {students}, functions: {functions}, time: {seconds:.1f} s, seed: {seed}. Results: {out}"
        ).format(
            students=facts["students"],
            functions=len(run.functions),
            seconds=facts["seconds"],
            seed=run.seed,
            out=shown_folder(run.out),
        ),
        markup=False,
    )
    if run.unchanged:
        console.print(tr("unchanged submissions, reused from the journal: {reused}").format(reused=run.unchanged))
    if may_exit and (inputs.problems or facts["need_a_human"]):
        raise typer.Exit(1)
