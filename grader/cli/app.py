"""The command `grader`."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pkgutil import iter_modules
from typing import NoReturn

import typer
from rich.console import Console

from grader.cli import commands
from grader.core.errors import GraderError

TRACEBACK = "AUTOGRADED_TRACEBACK"
"""The environment variable that asks for a traceback."""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def grader() -> None:
    """Grade PyTorch exercises, and prove that the checks are right."""


def main() -> NoReturn:
    """Run the command line: every fault of ours is one clear message, not a traceback."""
    for module in iter_modules(commands.__path__, f"{commands.__name__}."):
        import_module(module.name)
    try:
        app()
    except GraderError as error:
        Console(stderr=True, highlight=False).print(f"[bold red]error:[/] {_plain(str(error))}", soft_wrap=True)
        sys.exit(error.exit_code)
    except Exception as error:
        if os.environ.get(TRACEBACK):
            raise
        screen = Console(stderr=True, highlight=False)
        screen.print(
            f"[bold red]a fault of the grader:[/] {_plain(f'{type(error).__name__}: {error}')}", soft_wrap=True
        )
        screen.print(f"Nothing that the journal holds is lost. Set {TRACEBACK}=1 to see where it happened.")
        sys.exit(1)
    except KeyboardInterrupt:
        Console(stderr=True).print("[bold]stopped[/]")
        sys.exit(130)
    sys.exit(0)


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)
