"""`grader hint FUNCTION`: show a hint in one of three levels; none gives the answer away."""

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
    """Give a hint for a function; run it again for a plainer one.

    If your answer contains a known mistake, you get the hint for that mistake.

    Examples:
      grader hint mse_by_hand
      grader hint mse_by_hand --level 3
    """
    from grader.core.language import choose_language, translator
    from grader.course.hints import LEVELS
    from grader.learner.hint_levels import tips
    from grader.learner.next_step import step, tips_lines
    from grader.learner.workspace import bring_up_to_date, known_function, open_desk

    language = choose_language(lang)
    tr, desk, console = translator(language), open_desk(file or [], language), Console(highlight=False)
    name = known_function(desk, function)
    bring_up_to_date(desk, only=[name])
    state, golden = desk.standing.state(name), desk.material.golden_of(name)
    console.print(step(state, desk.expected(name), (), language, lead=False))
    if state.passed and level is None:
        return
    level = level or desk.memory.next_level(name, len(LEVELS))
    given = list(tips(state, golden, level, language))
    shown = [tip for tip in given if tip.kind in ("mistake", LEVELS[level - 1])]
    console.print(*tips_lines(shown, tr), sep="\n")
    desk.memory.gave(name, level)
    if not golden.levels.get(name):
        console.print(tr("This function has no hints."))
    elif level < len(LEVELS):
        console.print(tr("For a plainer hint: grader hint {function}").format(function=name), style="dim")
