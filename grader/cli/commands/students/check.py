"""`grader check FUNCTION|FILE`: run the public checks of some functions once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from grader.cli.app import app
from grader.cli.options import LangOption, TimeOption
from grader.cli.utf8_output import write_utf8
from grader.execution.guest.default_limits import TIME_LIMIT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.learner.workspace import Workspace


@app.command()
def check(
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FUNCTION|FILE",
            help="Functions, or your .py files or notebooks. Default: all functions in the nearest exercises/.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document, for editors.")] = False,
    time_limit: TimeOption = TIME_LIMIT,
    lang: LangOption = None,
) -> None:
    """Run the public checks of exactly these functions or files, and show each check that fails.

    Exit code: 0 when all of them pass, 1 otherwise.

    Examples:
      grader check sgd_step
      grader check exercises/ex1_losses.py --json
    """
    from grader.core.language import choose_language
    from grader.learner.check_report import encode_checks, render_checks
    from grader.learner.step_rendering import render_warnings
    from grader.learner.workspace import open_workspace, update_progress

    language = choose_language(lang)
    files = [Path(target) for target in targets or [] if _is_file(target)]
    workspace = open_workspace(files, language)
    workspace.progress.limit = time_limit
    functions = _functions(workspace, targets or [], files)
    update_progress(workspace, only=functions)
    states = [workspace.progress.state(function) for function in functions]
    goldens = [workspace.exercise_folder.golden_of(function) for function in functions]
    if as_json:
        write_utf8(encode_checks(states, goldens, workspace.warnings, language).decode() + "\n")
    else:
        console = Console(highlight=False)
        console.print(*render_warnings(workspace.warnings), sep="\n", end="\n" if workspace.warnings else "")
        for state, golden in zip(states, goldens, strict=True):
            expected = workspace.expected_signature(state.function)
            console.print(*render_checks(state, expected, golden, language), sep="\n")
    if not all(state.passed for state in states):
        raise typer.Exit(1)


def _is_file(target: str) -> bool:
    """True if a target names a file. A missing .py file or notebook counts, too, so that the error names the file."""
    return Path(target).is_file() or Path(target).suffix in (".py", ".ipynb")


def _functions(workspace: Workspace, targets: Sequence[str], files: Sequence[Path]) -> list[str]:
    """Return the functions that the targets or their files name, in the order of the course. Raises UsageError."""
    from grader.core.errors import UsageError
    from grader.course.function_lookup import resolve_function

    known = workspace.exercise_folder.exercise_of
    if files and len(files) < len(targets):
        raise UsageError("Name functions or files, not both")
    exercises = {exercise.name for exercise in known.values()}
    named = {resolve_function(target, known) for target in targets if target not in exercises} if not files else ()
    return [f for f, exercise in known.items() if files or not targets or f in named or exercise.name in targets]
