"""Lock of a results folder for a command that writes into it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from grader.cli.options import asked_language

if TYPE_CHECKING:
    from grader.grading.results.folder_lock import Holder


def lock_results(context: typer.Context, folder: Path, whole_run: bool = False, make_folder: bool = False) -> None:
    """Lock a results folder until this command ends, so that no other process writes into it.

    Print a warning if a process on another computer has not released its lock. If `whole_run` is true, other commands
    are refused at once; otherwise they wait for some seconds. If `make_folder` is true, a missing folder is made.
    Raises FolderInUseError.
    """
    from grader.grading.results.folder_lock import lock_folder

    command = f"grader {context.info_name}"  # without arguments, which may name a student
    if left_by := context.with_resource(lock_folder(folder, command, whole_run, make_folder)):
        _warn_of_lock(folder, left_by)


def _warn_of_lock(folder: Path, left_by: Holder) -> None:
    from rich.console import Console

    from grader.core.language import choose_language, translator
    from grader.core.visible_text import visible

    tr = translator(choose_language(asked_language.get()))
    text = tr(
        "{folder}: {command} (process {process} on the computer {host}, since {since}) has not released the lock of "
        "this folder. Either that command has ended, or the file system does not share locks between computers. If "
        "that command is still running, stop this one (Ctrl-C)."
    )
    line = text.format(
        folder=folder,
        command=visible(left_by.command),
        process=left_by.process,
        host=visible(left_by.host),
        since=left_by.local_since,
    )
    Console(stderr=True, highlight=False).print(line, style="bold red", markup=False, soft_wrap=True)
