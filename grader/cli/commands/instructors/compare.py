"""`grader compare`: the differences between two grading runs, or between two policies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from grader.cli.app import app
from grader.cli.options import LangOption, warn_of_interruption

if TYPE_CHECKING:
    from grader.reports.comparison.final_comparison import TotalChanges


@app.command()
def compare(
    before: Annotated[Path, typer.Argument(help="Results folder of the run, or of the first of two runs.")],
    after: Annotated[Path | None, typer.Argument(help="Results folder of the second run.")] = None,
    policy: Annotated[
        Path | None,
        typer.Option("--policy", metavar="FILE", help="Another policy for the same verdicts, instead of a second run."),
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the final totals of all students as CSV.")] = False,
    lang: LangOption = None,
) -> None:
    """Compare two grading runs: show which scores changed, and because of which checks.

    With --policy, compute the final totals under the policy of the run and under another one. Nothing is graded or
    written.

    Examples:
      grader compare results-before results-after
      grader compare results --policy draft.toml --csv
    """
    from grader.core.errors import UsageError
    from grader.core.language import choose_language
    from grader.reports.comparison.final_comparison import total_tables, totals_csv

    if (after is None) == (policy is None):
        raise UsageError("Pass a second results folder, or --policy FILE, but not both.")
    language, console = choose_language(lang), Console(highlight=False)
    for folder in filter(None, (before, after)):
        warn_of_interruption(folder, language)
    parts: list[object] = []
    if policy is not None:
        totals = _compare_policies(before, policy, language)
    elif after is not None:
        totals, parts = _compare_folders(before, after, language)
    if as_csv:
        typer.echo(totals_csv(totals), nl=False)
        return
    for part in (*total_tables(totals, language), *parts):
        console.print(part)


def _compare_folders(before: Path, after: Path, language: str) -> tuple[TotalChanges, list[object]]:
    """Return the changes of the final totals, and tables of the changed functions and checks."""
    from grader.grading.results.result_files import read_final_results
    from grader.grading.results.run_file import read_run
    from grader.reports.comparison.final_comparison import compare_totals
    from grader.reports.comparison.run_comparison import compare_runs
    from grader.reports.comparison.run_comparison_tables import comparison_tables
    from grader.submissions.people import people_from_run

    old, new = read_final_results(before), read_final_results(after)
    people = people_from_run(read_run(before)) | people_from_run(read_run(after))
    records = ([record for result in results for record in result.records] for results in (old, new))
    return compare_totals(old, new, people), [*comparison_tables(compare_runs(*records), language)]


def _compare_policies(results: Path, file: Path, language: str) -> TotalChanges:
    """Return the changes of the final totals if the run in a results folder had another policy."""
    from grader.core.language import translator
    from grader.course.library import open_library
    from grader.grading.policy.policy import policy_from_run
    from grader.grading.policy.policy_file import find_policy_file, read_policy
    from grader.grading.results.run_file import read_run
    from grader.grading.runs.earlier_run import read_plan
    from grader.grading.runs.policy_trial import PolicyTrial
    from grader.reports.comparison.final_comparison import compare_totals

    run = read_run(results)
    plan, folder = read_plan(results, run)
    library = open_library(plan.course_root(folder))
    new = read_policy(find_policy_file(file, library.course.root), library.course, translator(language))
    with PolicyTrial(results, library, run, language) as trial:
        errors = Console(stderr=True, highlight=False)
        for remark in trial.remarks(new):
            errors.print(remark, markup=False, soft_wrap=True)
        return compare_totals(trial.results(policy_from_run(run)), trial.results(new), trial.people)
