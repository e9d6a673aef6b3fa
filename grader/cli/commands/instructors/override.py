"""`grader override`: what a person decides on a score, kept beside the results for every later run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from grader.cli.app import app
from grader.cli.options import LangOption, ResultsOption, results_folder


@app.command()
def override(
    student: Annotated[str, typer.Argument(help="Whose: id, other id, address or name.")],
    function: Annotated[str, typer.Argument(help="Which function. Without one: the total.")] = "",
    score: Annotated[float | None, typer.Option("--score", min=0, help="The score that counts.")] = None,
    comment: Annotated[str, typer.Option("--comment", help="Words for the student.")] = "",
    remove: Annotated[bool, typer.Option("--remove", help="The automatic score counts again.")] = False,
    results: ResultsOption = Path("results"),
    lang: LangOption = None,
) -> None:
    """Set a score by hand or comment on it (in overrides.csv); `grader grade` keeps and applies it from then on."""
    from grader.core.errors import UsageError
    from grader.core.language import choose_language, translator
    from grader.grading.results.override_changes import change_override
    from grader.reports.terminal import safe

    if remove == (score is not None or bool(comment)):
        raise UsageError("say --score, --comment or both; or --remove alone")
    tr = translator(choose_language(lang))
    folder, console = results_folder(results), Console(highlight=False)
    for line in change_override(folder, student, function, score, comment, remove, tr):
        console.print(safe(line))
