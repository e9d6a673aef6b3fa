"""`grader override`: set a score or a comment by hand, in overrides.csv of a results folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from grader.cli.app import app
from grader.cli.options import LangOption, ResultsOption, results_folder, warn_of_interruption


@app.command()
def override(
    student: Annotated[str, typer.Argument(help="Student: id, other id, email address or name.")],
    function: Annotated[str, typer.Argument(help="Function. Default: the total.")] = "",
    score: Annotated[float | None, typer.Option("--score", min=0, help="New score.")] = None,
    comment: Annotated[str, typer.Option("--comment", help="Comment for the student.")] = "",
    remove: Annotated[
        bool, typer.Option("--remove", help="Remove the override: the automatic score applies again.")
    ] = False,
    results: ResultsOption = Path("results"),
    lang: LangOption = None,
) -> None:
    """Set a score by hand, or comment on it.

    The override is saved in overrides.csv. Every later `grader grade` into the same folder applies it.

    Examples:
      grader override 70005 mse_by_hand --score 1.5
      grader override 70005 mse_by_hand --remove
    """
    from grader.core.errors import UsageError
    from grader.core.language import choose_language, translator
    from grader.grading.results.override_changes import change_override
    from grader.reports.terminal import safe

    if remove == (score is not None or bool(comment)):
        raise UsageError("Pass --score, --comment or both; or only --remove.")
    tr = translator(choose_language(lang))
    folder, console = results_folder(results), Console(highlight=False)
    warn_of_interruption(folder, choose_language(lang))
    for line in change_override(folder, student, function, score, comment, remove, tr):
        console.print(safe(line))
