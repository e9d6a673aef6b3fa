"""Lock of a results folder for a command that writes into it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from grader.cli.options import asked_language

if TYPE_CHECKING:
    from grader.grading.results.folder_lock import Holder


def lock_results(context: typer.Context, folder: Path, whole_run: bool = False, make_folder: bool = False) -> None:
    """Let no other process write into a results folder until this command ends, and warn of a lock that was left.

    The other arguments are those of `lock_folder`. Raises FolderInUseError.
    """
    from grader.grading.results.folder_lock import lock_folder

    command = f"grader {context.info_name}"  # without arguments, which may name a student
    if left_by := context.with_resource(lock_folder(folder, command, whole_run, make_folder)):
        _warn(folder, left_by)


def _warn(folder: Path, left_by: Holder) -> None:
    from rich.console import Console

    from grader.core.language import choose_language, translator
    from grader.core.visible_text import visible

    tr = translator(choose_language(asked_language.get()))
    text = tr(
        "{folder}: {command} (process {process} on the computer {host}, since {since}) has not released the lock of "
        "this folder. It has ended, or the file system does not carry locks between computers. If it is still running "
        "there, stop this command (Ctrl-C)."
    )
    line = text.format(
        folder=folder,
        command=visible(left_by.command),
        process=left_by.process,
        host=visible(left_by.host),
        since=left_by.local_since,
    )
    Console(stderr=True, highlight=False).print(line, style="bold red", markup=False, soft_wrap=True)
