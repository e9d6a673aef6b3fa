"""`grader progress`: show points and result of every function, and the next step."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from grader.cli.app import app
from grader.cli.options import LangOption


@app.command()
def progress(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILES", help="Your files. Default: all files in the nearest exercises/."),
    ] = None,
    lang: LangOption = None,
) -> None:
    """Show your progress in all exercises, by the public checks, and the next step.

    Examples:
      grader progress
    """
    from grader.core.language import choose_language, translator
    from grader.learner.hint_selection import select_hints
    from grader.learner.progress_table import progress_line, progress_table
    from grader.learner.step_rendering import render_next_step, render_warnings
    from grader.learner.workspace import next_state, open_workspace, update_progress

    language = choose_language(lang)
    workspace, console = open_workspace(files or [], language), Console(highlight=False)
    update_progress(workspace)
    states = workspace.progress.states()
    for part in (
        *render_warnings(workspace.warnings),
        *progress_table(states, language),
        "",
        progress_line(states, language),
        "",
    ):
        console.print(part)
    following = next_state(states)
    if following is None:
        text = translator(language)("Every public check passes. Hidden checks on other data decide the grade.")
        console.print(text, style="bold green")
        return
    hints = select_hints(following, workspace.exercise_folder.golden_of(following.function), 0, language)
    console.print(render_next_step(following, workspace.expected_signature(following.function), hints, language))
