"""Run the command `grader`: import only the module of the command, print each error as one message."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import NoReturn

from grader.cli.app import app
from grader.cli.command_lookup import command_modules
from grader.cli.options import asked_language
from grader.cli.translated_help import command_asked
from grader.core.console_text import substitute_missing_characters
from grader.core.errors import GraderError
from grader.core.language import choose_language, translator

TRACEBACK = "AUTOGRADED_TRACEBACK"
"""Environment variable: if the variable is set, an unexpected error prints its traceback."""


def main() -> NoReturn:
    """Run the command line and exit. Print each error as one message, without a traceback."""
    substitute_missing_characters()
    register(sys.argv[1:])
    try:
        app()
    except GraderError as error:
        tr, language = _translator()
        _print_error(tr("error:"), error.say(language))
        sys.exit(error.exit_code)
    except OSError as error:
        if os.environ.get(TRACEBACK):
            raise
        tr, _ = _translator()
        _print_error(tr("error:"), _describe(error, tr))
        sys.exit(2)
    except Exception as error:
        if os.environ.get(TRACEBACK):
            raise
        tr, _ = _translator()
        _print_error(tr("The grader failed:"), f"{type(error).__name__}: {error}")
        text = tr("The journal is intact. For a traceback, set {variable}=1 and run the command again.")
        _print_error("", text.format(variable=TRACEBACK))
        sys.exit(1)
    except KeyboardInterrupt:
        tr, _ = _translator()
        _print_error(tr("stopped"), "")
        sys.exit(130)
    sys.exit(0)


def register(arguments: Sequence[str]) -> None:
    """Import the module of the command.

    If there is no such command, import the modules of all commands, because help and errors list them.
    """
    modules = command_modules()
    asked = command_asked(arguments)
    for module in [modules[asked]] if asked in modules else modules.values():
        import_module(module)
    # Without a command only the list of commands is shown. It needs no options: to skip them saves a fifth of the time.
    if asked is None:
        for command in app.registered_commands:
            command.callback = _without_options(command.callback)


def _without_options(command: Callable[..., object] | None) -> Callable[[], None]:
    """Return a function with the name and help of a command but without its options, for the list of commands."""

    def listed() -> None: ...

    listed.__name__, listed.__doc__ = command.__name__ if command else "", command.__doc__
    return listed


def _describe(error: OSError, tr: Callable[[str], str]) -> str:
    """Return a message for an error of the operating system: what failed, where, and what to do."""
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return tr(
            "Too many open files: the system lets this program open no more. "
            "Raise the limit, for example with `ulimit -n 4096`, then run the same command again."
        )
    text = tr("{path}: {error}. Repair the cause, then run the same command again.")
    return text.format(path=error.filename or "-", error=error.strerror or error)


def _translator() -> tuple[Callable[[str], str], str]:
    """Return the translator for the language of the running command, and that language."""
    language = choose_language(asked_language.get())
    return translator(language), language


def _print_error(heading: str, details: str) -> None:
    """Print a highlighted heading, followed by details on the same line, on standard error."""
    from rich.console import Console
    from rich.text import Text

    line = Text.assemble(
        (heading, "bold" if not details else "bold red"), " " if heading.isascii() and details else "", details
    )
    Console(stderr=True, highlight=False).print(line, soft_wrap=True)
