"""`grader try FUNCTION::CHECK`: print a check as a script for plain Python, or step through it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli.app import app
from grader.cli.options import LangOption
from grader.cli.utf8_output import write_utf8

if TYPE_CHECKING:
    from grader.learner.check_script.selection import LearnerModule


@app.command("try")
def try_(
    check: Annotated[
        str,
        typer.Argument(
            metavar="CHECK",
            help="Check to repeat, as FUNCTION::CHECK. With FUNCTION alone: its first check that fails.",
        ),
    ],
    file: Annotated[
        list[Path] | None, typer.Option("--file", help="Your file. Default: all files in exercises/.")
    ] = None,
    write: Annotated[
        Path | None, typer.Option("--write", metavar="FILE", help="Write the script to FILE instead of printing it.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="With --write: replace FILE if it exists.")] = False,
    debug: Annotated[
        bool, typer.Option("--pdb", help="Run the script in Python's debugger; it stops at the call of your function.")
    ] = False,
    seed: Annotated[
        int | None,
        typer.Option("--seed", min=0, help="Seed of the inputs; needs the course. Default: that of the public checks."),
    ] = None,
    course: Annotated[
        Path | None,
        typer.Option("--course", help="Course folder, for hidden checks and other seeds. Default: the nearest one."),
    ] = None,
    lang: LangOption = None,
) -> None:
    """Print a check as a script that runs without the grader: inputs, call, expected values, comparison.

    Save the script beside your file, change it as you like, and run it with plain Python.
    The script needs torch and numpy.

    Examples:
      grader try mse_by_hand::sum_and_none
      grader try mse_by_hand --pdb
    """
    from grader.core.errors import UsageError
    from grader.core.language import choose_language, translator
    from grader.learner.check_script.debugger import debug_script
    from grader.learner.check_script.script import check_script
    from grader.learner.check_script.selection import locate_function, select_check
    from grader.learner.workspace import open_workspace

    language = choose_language(lang)
    tr = translator(language)
    if write is not None and write.exists() and not force:
        raise UsageError("File exists: {file}. Choose another name, or pass --force to replace it", file=write)
    workspace = open_workspace(file or [], language)
    scripted = select_check(workspace, check, course, seed)
    module = locate_function(workspace, scripted.check.function)
    if debug:
        if not module.name:
            raise UsageError(
                "{file} is a notebook, which the debugger cannot import. Copy {function} into {stub}, or use the "
                "debugger of the notebook",
                file=module.file.name,
                function=scripted.check.function,
                stub=f"{workspace.exercise_folder.exercise_of[scripted.check.function].name}.py",
            )
        text = check_script(scripted, language, module.name, [])
        debug_script(text, f"grader try {scripted.check.id}", module.file, module.line, language)
        return
    if not module.name:
        note = tr("Paste this script into a cell below {function}, and run that cell.").format(
            function=scripted.check.function
        )
    elif write is None:
        note = tr("Save this script beside {file}, and run it with python.").format(file=module.file.name)
    else:
        note = tr("Run the script: {command}").format(command=f"python {write}")
    text = check_script(scripted, language, module.name, [note], _folder(module, write))
    if write is None:
        write_utf8(text)
        return
    try:
        write.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError("{file} cannot be written: {error}", file=write, error=error.strerror) from None
    typer.echo(note if module.name else tr("Written: {file}. {note}").format(file=write, note=note))


def _folder(module: LearnerModule, write: Path | None) -> str:
    """Return the folder of the learner's file, relative to the script's folder; "" if both are in one folder."""
    if write is None or not module.name or write.resolve().parent == module.file.resolve().parent:
        return ""
    return Path(os.path.relpath(module.file.resolve().parent, write.resolve().parent)).as_posix()
