"""`grader hint FUNCTION`: show a hint of one of three levels; no hint contains the answer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from grader.cli.app import app
from grader.cli.options import LangOption


@app.command()
def hint(
    function: Annotated[str, typer.Argument(metavar="FUNCTION", help="Function to get a hint for.")],
    level: Annotated[
        int | None,
        typer.Option(min=1, max=3, help="1: a question, 2: where to look, 3: the idea. Default: the next level."),
    ] = None,
    file: Annotated[
        list[Path] | None, typer.Option("--file", help="Your file. Default: all files in exercises/.")
    ] = None,
    lang: LangOption = None,
) -> None:
    """Show a hint for a function; run the command again for a plainer hint.

    If your answer contains a known mistake, you get the hint for that mistake.

    Examples:
      grader hint mse_by_hand
      grader hint mse_by_hand --level 3
    """
    from grader.core.language import choose_language, translator
    from grader.course.function_lookup import resolve_function
    from grader.course.hints import LEVELS
    from grader.learner.hint_selection import next_hint_level, select_hints
    from grader.learner.step_rendering import render_hints, render_next_step
    from grader.learner.workspace import open_workspace, update_progress

    language = choose_language(lang)
    tr, workspace, console = translator(language), open_workspace(file or [], language), Console(highlight=False)
    name = resolve_function(function, workspace.exercise_folder.exercise_of)
    update_progress(workspace, only=[name])
    state, golden = workspace.progress.state(name), workspace.exercise_folder.golden_of(name)
    console.print(render_next_step(state, workspace.expected_signature(name), (), language, lead=False))
    if state.passed and level is None:
        return
    if level is None:
        level = next_hint_level(workspace.state_folder.shown_hint(name), state.mistakes)
    given = list(select_hints(state, golden, level, language))
    shown = [hint for hint in given if hint.kind in ("mistake", *LEVELS[max(0, level - 1) : level])]
    console.print(*render_hints(shown, tr), sep="\n")
    workspace.state_folder.save_hint_level(name, state.mistakes, level)
    if not golden.levels.get(name):
        console.print(tr("This function has no hints."))
    elif level < len(LEVELS):
        console.print(tr("For a plainer hint: grader hint {function}").format(function=name), style="dim")
