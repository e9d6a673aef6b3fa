"""`grader watch`: check the functions on every save of a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grader.cli.app import app
from grader.cli.options import LangOption, TimeOption
from grader.execution.guest.default_limits import TIME_LIMIT


@app.command()
def watch(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILES", help="Your .py files or notebooks. Default: all files in the nearest exercises/."
        ),
    ] = None,
    time_limit: TimeOption = TIME_LIMIT,
    lang: LangOption = None,
) -> None:
    """Check your functions whenever you save a file; show what changed and the next step.

    Examples:
      grader watch
      grader watch exercises/ex1_losses.py
    """
    from grader.core.language import choose_language
    from grader.learner.watch.loop import WatchSession
    from grader.learner.workspace import open_workspace

    workspace = open_workspace(files or [], choose_language(lang))
    workspace.progress.limit = time_limit
    WatchSession(workspace).run()
