"""`grader compare`: the differences between two grading runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from grader.cli.app import app
from grader.cli.options import LangOption, warn_of_interruption


@app.command()
def compare(
    before: Annotated[Path, typer.Argument(help="Results folder of the first run.")],
    after: Annotated[Path, typer.Argument(help="Results folder of the second run.")],
    lang: LangOption = None,
) -> None:
    """Compare two grading runs: show which scores changed, and because of which checks.

    Examples:
      grader compare results-before results-after
    """
    from grader.core.language import choose_language
    from grader.grading.results.result_files import read_results
    from grader.reports.run_comparison import compare_runs
    from grader.reports.run_comparison_tables import comparison_tables

    language = choose_language(lang)
    for folder in (before, after):
        warn_of_interruption(folder, language)
    found = compare_runs(read_results(before), read_results(after))
    console = Console(highlight=False)
    for part in comparison_tables(found, language):
        console.print(part)
