"""The command `grader`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pkgutil import iter_modules
from typing import Annotated, NoReturn

import typer

from grader import __version__
from grader.cli import commands
from grader.cli.options import LangOption, asked_language
from grader.cli.translated_help import SpokenGroup, SpokenTyper, command_asked
from grader.core.errors import GraderError
from grader.core.language import choose_language, translator

TRACEBACK = "AUTOGRADED_TRACEBACK"
"""The environment variable that asks for a traceback."""

app = SpokenTyper(
    cls=SpokenGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def show_version(asked: bool) -> None:
    """Print the version and end the command."""
    if asked:
        typer.echo(f"autograded {__version__}")
        raise typer.Exit


@app.callback()
def grader(
    lang: LangOption = None,
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Grade PyTorch exercises, and prove that the checks are right."""


def main() -> NoReturn:
    """Run the command line: every fault of ours is one clear message, not a traceback."""
    register(sys.argv[1:])
    try:
        app()
    except GraderError as error:
        tr, language = _spoken()
        _tell(tr("error:"), error.say(language))
        sys.exit(error.exit_code)
    except Exception as error:
        if os.environ.get(TRACEBACK):
            raise
        tr, _ = _spoken()
        _tell(tr("a fault of the grader:"), f"{type(error).__name__}: {error}")
        text = tr("Nothing that the journal holds is lost. Set {variable}=1 to see where it happened.")
        _tell("", text.format(variable=TRACEBACK))
        sys.exit(1)
    except KeyboardInterrupt:
        tr, _ = _spoken()
        _tell(tr("stopped"), "")
        sys.exit(130)
    sys.exit(0)


def register(arguments: Sequence[str]) -> None:
    """Import the command that is called; all of them when it is none of ours, since the help and errors name them."""
    names = [module.name for module in iter_modules(commands.__path__)]
    asked = command_asked(arguments)
    for name in [asked] if asked in names else names:
        import_module(f"{commands.__name__}.{name}")
    if asked is None:  # they are listed, and none can run: to read the options of all takes a fifth of the time
        for command in app.registered_commands:
            command.callback = _listed(command.callback)


def _listed(command: Callable[..., object] | None) -> Callable[[], None]:
    """What the list of commands tells of one: its name and its help."""

    def listed() -> None: ...

    listed.__name__, listed.__doc__ = command.__name__ if command else "", command.__doc__
    return listed


def _spoken() -> tuple[Callable[[str], str], str]:
    """The translator into the language of the command that ends, and that language."""
    language = choose_language(asked_language.get())
    return translator(language), language


def _tell(what: str, found: str) -> None:
    """A line on standard error: what happened stands out."""
    from rich.console import Console
    from rich.text import Text

    line = Text.assemble((what, "bold" if not found else "bold red"), " " if what.isascii() and found else "", found)
    Console(stderr=True, highlight=False).print(line, soft_wrap=True)
