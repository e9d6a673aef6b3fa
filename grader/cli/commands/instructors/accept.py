"""`grader accept`: choose the file to grade if several files of a submission define the same function."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from grader.cli.app import app
from grader.cli.locked_results import lock_results
from grader.cli.options import (
    JobsOption,
    LangOption,
    ResultsOption,
    results_folder,
    sandbox_level,
    warn_of_interruption,
    worker_count,
)


@app.command()
def accept(
    context: typer.Context,
    student: Annotated[str, typer.Argument(help="Student: id, id_hash, other id, email address or name.")],
    path: Annotated[str, typer.Argument(help="File to grade, as its path in the submission.")] = "",
    remove: Annotated[
        bool,
        typer.Option(
            "--remove", help="Remove the choice of this file; without PATH, remove all choices for this student."
        ),
    ] = False,
    apply: Annotated[
        bool, typer.Option("--apply", help="Grade at once, like `grader regrade`: only changed functions run.")
    ] = False,
    sandbox: Annotated[
        str | None,
        typer.Option(
            "--sandbox", metavar="auto|full|core|weak|none", help="With --apply: sandbox level, as in regrade."
        ),
    ] = None,
    jobs: JobsOption = None,
    results: ResultsOption = Path("results"),
    lang: LangOption = None,
) -> None:
    """Choose the file to grade if several files of a submission define the same function.

    The choice is stored with the content of the submission: after a resubmission the function needs review again.
    The next run into the same folder grades the chosen file; --apply does so at once.

    Examples:
      grader accept 70005 final/ex1_losses.py --apply
      grader accept 70005 --remove
    """
    from grader.cli.class_grading import check_repetition, repeat_run
    from grader.core.language import choose_language, translator
    from grader.grading.runs.accepting_files import choose_file
    from grader.reports.terminal import safe

    tr = translator(choose_language(lang))
    folder, console = results_folder(results), Console(highlight=False)
    level = sandbox_level(sandbox) if sandbox else None
    lock_results(context, folder, whole_run=apply)
    if apply:
        check_repetition(folder, level)  # first, so that no choice is stored that cannot be applied
    else:
        warn_of_interruption(folder, choose_language(lang))
    for line in choose_file(folder, student, path, remove, tr):
        console.print(safe(line))
    if apply:
        repeat_run(folder, worker_count(jobs), sandbox=level, language=lang)
    else:
        text = tr("To apply the change, run: {command} (unchanged submissions are not graded again), or pass --apply.")
        console.print(safe(text.format(command=shlex.join(["grader", "regrade", str(folder)]))))
