"""`grader override`: set a score or a comment by hand, in overrides.csv of a results folder."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from grader.cli.app import app
from grader.cli.options import LangOption, ResultsOption, results_folder, warn_of_interruption


@app.command()
def override(
    student: Annotated[str, typer.Argument(help="Student: id, id_hash, other id, email address or name.")],
    function: Annotated[str, typer.Argument(help="Function. Default: the total.")] = "",
    score: Annotated[float | None, typer.Option("--score", min=0, help="New score.")] = None,
    comment: Annotated[str, typer.Option("--comment", help="Comment for the student.")] = "",
    remove: Annotated[
        bool, typer.Option("--remove", help="Remove the override: the automatic score applies again.")
    ] = False,
    bonus: Annotated[bool, typer.Option("--bonus", help="Allow a score above the maximum.")] = False,
    apply: Annotated[
        bool, typer.Option("--apply", help="Write all result files again, from the journal, so that it counts at once.")
    ] = False,
    results: ResultsOption = Path("results"),
    lang: LangOption = None,
) -> None:
    """Set a score by hand, or comment on it.

    The override is saved in overrides.csv. Every later run into the same folder applies it; --apply does so at once,
    and grades nothing.

    Exit code: 0 when the row was written, 1 when --apply found rows of overrides.csv that it could not apply.

    Examples:
      grader override 70005 mse_by_hand --score 1.5 --apply
      grader override 70005 mse_by_hand --remove
    """
    from grader.cli.class_grading import apply_overrides
    from grader.core.errors import UsageError
    from grader.core.language import choose_language, translator
    from grader.grading.results.override_changes import change_override
    from grader.grading.results.run_file import is_interrupted, missing_results
    from grader.reports.terminal import safe

    if remove == (score is not None or bool(comment)):
        raise UsageError("Pass --score, --comment or both; or only --remove.")
    if bonus and score is None:
        raise UsageError("--bonus allows a --score above the maximum. Pass --score, too.")
    tr = translator(choose_language(lang))
    folder, console = results_folder(results), Console(highlight=False)
    if apply and is_interrupted(folder):
        raise missing_results(folder)
    warn_of_interruption(folder, choose_language(lang))
    for line in change_override(folder, student, function, score, comment, remove, tr, bonus):
        console.print(safe(line))
    if apply:
        for part in apply_overrides(folder, choose_language(lang)):
            console.print(part)
    else:
        text = tr("To apply it, run: {command} (unchanged submissions are not graded again), or pass --apply.")
        console.print(safe(text.format(command=shlex.join(["grader", "regrade", str(folder)]))))
