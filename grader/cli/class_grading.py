"""Grade a class by a plan, write the result files, and print the report: for `grader grade`, `regrade` and others."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import typer
from msgspec.structs import replace as replace_parts
from rich.console import Console
from rich.markup import escape

from grader.cli.machine_check import check_machine
from grader.cli.run_report import print_report, print_stop, shown_folder

if TYPE_CHECKING:
    from rich.table import Table

    from grader.course.library import Library
    from grader.execution.host.sandbox_detection import StandbyWorkers
    from grader.grading.policy.policy import Policy
    from grader.grading.results.plan import Plan
    from grader.grading.runs.grading_run import GradingRun


def grade_plan(
    plan: Plan,
    out: Path,
    library: Library,
    policy: Policy,
    workers: int,
    replace: bool,
    standby: StandbyWorkers,
    max_minutes: float | None = None,
    retry_timeouts: bool = False,
) -> None:
    """Grade the submissions of a plan into a results folder, and print the report.

    When the run has taken `max_minutes`, no further submission is started. If some submissions are not graded then, no
    result file is written. If `retry_timeouts` is true, submissions that timed out or crashed in an earlier run are run
    again. Raises UsageError before anything is written if scores would be lost, unless `replace` is true. Raises
    typer.Exit if some submissions need review or are not graded.
    """
    from grader.grading.policy.overrides import read_override_table
    from grader.grading.results.earlier_fixes import refuse_to_leave_out_fixes
    from grader.grading.results.earlier_scores import read_earlier_scores
    from grader.grading.runs.earlier_run import refuse_to_leave_out_policy, refuse_to_lose_times
    from grader.grading.runs.grading_run import GradingRun
    from grader.grading.runs.plan_submissions import attempts_to_grade, read_class
    from grader.grading.runs.score_inputs import read_score_inputs
    from grader.reports.grading_progress import grade_class
    from grader.reports.pages.page_templates import compile_templates
    from grader.reports.writing import write_files
    from grader.submissions.download_summary import layout_lines
    from grader.submissions.fixes.fixed_submission import FixedSubmission

    started, errors = time.monotonic(), Console(highlight=False, stderr=True)
    read_override_table(out)  # report an unreadable overrides.csv before grading
    handed_in = read_class(plan, library, out, zone=ZoneInfo(policy.time_zone) if policy.time_zone else None)
    for line in layout_lines(handed_in.facts(), plan.language):
        errors.print(line, markup=False)
    attempts = attempts_to_grade(handed_in, plan)
    if not replace:
        refuse_to_leave_out_policy(out, plan)
        students = [attempt.student for attempt in attempts]
        fixed = {attempt.student for attempt in attempts if isinstance(attempt, FixedSubmission)}
        refuse_to_leave_out_fixes(out, students, fixed)
        if policy.deadlines:
            refuse_to_lose_times(out, attempts)
        earlier = read_earlier_scores(out)
        earlier.refuse_to_drop(students, plan.selected(library.course), out)
        if not earlier.lists_all(students):
            standby.launch()
    if standby.workers:  # compile the templates while the workers import torch
        compile_templates(plan.language)
    for warning in check_machine(plan, out, library, len(attempts), workers):
        errors.print(f"[bold yellow]![/] {escape(warning)}", soft_wrap=True)
    with GradingRun.open(out, plan, library, retry_timeouts, len(attempts)) as run:
        grade_class(run, attempts, workers, standby.workers, max_minutes and max_minutes * 60)
        if max_minutes is not None and not run.is_complete:
            print_stop(run, len(attempts), max_minutes)
            raise typer.Exit(1)
        inputs = read_score_inputs(run, policy)
        report = write_files(run, inputs, handed_in.facts(), time.monotonic() - started)
    print_report(run, inputs, report)


def repeat_run(
    results: Path,
    workers: int,
    submissions: Path | None = None,
    fixes: Path | None = None,
    sandbox: str | None = None,
    finish: bool = False,
    replace: bool = False,
    language: str | None = None,
    max_minutes: float | None = None,
    retry_timeouts: bool = False,
) -> None:
    """Repeat the last run of a results folder. If `finish` is true, only write its result files from the journal.

    If the submissions or the fixes were moved since that run, `submissions` and `fixes` are their new paths. For
    `max_minutes`, `retry_timeouts` and errors see `grade_plan`.
    """
    from grader.core.language import translator
    from grader.course.library import open_library
    from grader.execution.host.sandbox_detection import StandbyWorkers
    from grader.grading.policy.policy_file import find_policy_file, read_policy
    from grader.grading.results.run_file import read_run
    from grader.grading.runs.earlier_run import require_submissions

    out, run = results.absolute(), read_run(results)
    plan, folder = _plan_to_repeat(results, run, submissions, fixes, sandbox, finish, language)
    with chdir(folder):
        if not finish:
            require_submissions(plan.submissions_path())
        library = open_library(plan.course_root())
        file = find_policy_file(Path(plan.policy) if plan.policy else None, library.course.root)
        policy = read_policy(file, library.course, translator(plan.language))
        if finish:
            finish_from_journal(plan, out, library, policy, run.get("handed_in"), replace)
        else:
            plan = replace_parts(plan, attempts=policy.attempts, strict_encoding=policy.files.is_strict)
            limits = (plan.memory_limit, plan.time_limit)
            with StandbyWorkers(0 if plan.dask else workers, plan.sandbox, *limits) as standby:
                grade_plan(plan, out, library, policy, workers, replace, standby, max_minutes, retry_timeouts)


def check_repetition(results: Path, sandbox: str | None) -> None:
    """Raise UsageError if `repeat_run` cannot begin.

    `repeat_run` needs the plan of the last run, the course, the submissions, and consent to a sandbox level below core.
    """
    from grader.course.library import open_library
    from grader.grading.results.run_file import read_run
    from grader.grading.runs.earlier_run import require_submissions

    plan, folder = _plan_to_repeat(results, read_run(results), None, None, sandbox, False, None)
    with chdir(folder):
        require_submissions(plan.submissions_path())
        open_library(plan.course_root())


def _plan_to_repeat(
    results: Path,
    run: dict[str, Any],
    submissions: Path | None,
    fixes: Path | None,
    sandbox: str | None,
    finish: bool,
    language: str | None,
) -> tuple[Plan, Path]:
    """Return the plan for `repeat_run`, and the folder in which the last run was started. Raises UsageError."""
    from grader.grading.runs.earlier_run import read_plan, require_consent

    plan, folder = read_plan(results, run)
    moved = {"submissions": submissions, "fixes": fixes}
    plan = replace_parts(plan, **{name: str(path.absolute()) for name, path in moved.items() if path})
    plan = replace_parts(plan, language=language or plan.language, fresh=plan.fresh and not run.get("finished"))
    if sandbox:
        plan = replace_parts(plan, sandbox=sandbox)
    elif not finish:
        require_consent(plan.sandbox, None, results, f"grader regrade {results} --sandbox {plan.sandbox}")
    return plan, folder


def finish_from_journal(
    plan: Plan, out: Path, library: Library, policy: Policy, handed_in: dict[str, Any] | None, replace: bool
) -> None:
    """Write the result files of the last run from the journal alone, and print the report.

    Raises UsageError if scores would be lost, unless `replace` is true. Raises typer.Exit if some submissions need
    review or are not graded yet.
    """
    from grader.grading.results.earlier_fixes import refuse_to_leave_out_fixes
    from grader.grading.results.earlier_scores import read_earlier_scores
    from grader.grading.results.run_file import earlier_results
    from grader.grading.runs.grading_run import GradingRun
    from grader.grading.runs.score_inputs import read_score_inputs
    from grader.reports.writing import write_files

    with GradingRun.reopen(out, plan, library) as run:
        if not replace:
            refuse_to_leave_out_fixes(out, run.graded_students(), run.journal.runs.fixed_students())
            read_earlier_scores(out).refuse_to_drop(run.graded_students(), run.functions, out)
        inputs = read_score_inputs(run, policy)
        report = write_files(run, inputs, handed_in)
        is_complete = run.is_complete
    print_report(run, inputs, report, may_exit=is_complete)
    if not is_complete:
        error = earlier_results(shown_folder(out))
        Console(highlight=False, stderr=True).print(
            error.say(plan.language), style="bold red", markup=False, soft_wrap=True
        )
        raise typer.Exit(1)


@dataclass(frozen=True)
class LastRun:
    """The last run of a results folder, opened so that its result files can be written again.

    `facts` is the content of its run.json, `started_in` the folder in which the run was started.
    """

    run: GradingRun
    facts: dict[str, Any]
    started_in: Path


@contextmanager
def open_last_run(folder: Path) -> Iterator[LastRun]:
    """Open the last run of a results folder, so that `apply_overrides` can write its files again.

    Raises UsageError if the journal has another version or the course is missing. Open the run before you change
    overrides.csv: then this error comes before a row is written.
    """
    from grader.course.library import open_library
    from grader.grading.results.run_file import read_run
    from grader.grading.runs.earlier_run import read_plan
    from grader.grading.runs.grading_run import GradingRun

    facts = read_run(folder)
    plan, started_in = read_plan(folder, facts)
    library = open_library(plan.course_root(started_in))
    with GradingRun.reopen(folder.absolute(), plan, library) as run:
        yield LastRun(run, facts, started_in)


def apply_overrides(last: LastRun, folder: Path, language: str) -> Iterator[Table | str]:
    """Write the files of the last run again, with overrides.csv as it is now; yield the final totals that changed.

    The policy is that of the run, so that only overrides change scores. Raises UsageError. Raises typer.Exit at the end
    if rows of overrides.csv could not be applied.
    """
    from grader.core.visible_text import visible
    from grader.grading.policy.policy import policy_from_run
    from grader.grading.results.result_files import read_final_results
    from grader.grading.runs.score_inputs import read_score_inputs
    from grader.reports.comparison.final_comparison import compare_totals, total_tables
    from grader.reports.writing import write_files

    before, run = read_final_results(folder), last.run
    inputs = read_score_inputs(run, policy_from_run(last.facts))
    with chdir(last.started_in):
        report = write_files(run, inputs, last.facts.get("handed_in"))
    for problem in inputs.problems:
        yield f"[bold red]{escape(visible(problem))}[/]"
    yield from total_tables(compare_totals(before, read_final_results(folder), run.people()), language)
    yield from (f"[bold yellow]![/] {escape(visible(line))}" for line in report.publication)
    if inputs.problems:
        raise typer.Exit(1)
