"""The typer application that every module of `grader.cli.commands` registers its command with."""

from __future__ import annotations

from grader.cli.options import LangOption
from grader.cli.translated_help import SpokenGroup, SpokenTyper

app = SpokenTyper(
    cls=SpokenGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def grader(lang: LangOption = None) -> None:
    """Grade PyTorch exercises, and prove that the checks are right."""
