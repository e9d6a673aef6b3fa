"""Typer application: every module of `grader.cli.commands` registers its command with it."""

from __future__ import annotations

from typing import Annotated

import typer

from grader import __version__
from grader.cli.options import LangOption
from grader.cli.translated_help import TranslatedGroup, TranslatedTyper

app = TranslatedTyper(
    cls=TranslatedGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def show_version(asked: bool) -> None:
    """Print the version and exit, if `--version` was passed."""
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
