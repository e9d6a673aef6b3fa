"""Translate `--help` and typer's usage errors, which typer itself prints only in English."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from string import Formatter
from typing import Any, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup

from grader.cli.options import asked_language
from grader.core.language import choose_language, translator

Function = TypeVar("Function", bound=Callable[..., Any])
_ = str  # marks a text for the catalog of translations; it is translated where it is used

USAGE, REQUIRED = _("Usage: "), _("required")
HEADINGS = {
    "ARGUMENTS_PANEL_TITLE": _("Arguments"),
    "OPTIONS_PANEL_TITLE": _("Options"),
    "COMMANDS_PANEL_TITLE": _("Commands"),
    "ERRORS_PANEL_TITLE": _("Error"),
    "ABORTED_TEXT": _("Aborted."),
    "DEFAULT_STRING": _("[default: {}]"),
    "RICH_HELP": _("Try [blue]'{command_path} {help_option}'[/] for help."),
}
"""The English text of each constant in typer.rich_utils that the help shows, by the name of the constant."""

RICH_LINES = "divide_line"
"""Name in rich.text of the function that breaks a text into lines; rich has no public way to replace it."""

PARAGRAPH_LINE_END = re.compile(r"(?<!\n)\n(?=\S)")
"""Line end inside a paragraph of a docstring. Without it the text fills the terminal; indented examples keep theirs."""

ADDED_TEXTS = (_("[OPTIONS]"), _("COMMAND [ARGS]..."), _("Show this message and exit."))
"""Texts that typer adds to every command."""

PANELS = {"students": _("For students"), "instructors": _("For instructors"), "authors": _("For authors")}
"""Heading in `grader --help` for each folder of grader/cli/commands, in the order of the help."""

USAGE_ERRORS = (
    _("No such option: {name} (Possible options: {near})"),
    _("No such option: {name}"),
    _("No such command {name}. Did you mean {near}?"),
    _("No such command {name}."),
    _("Missing command."),
    _("Missing argument {name}."),
    _("Missing option {name}."),
    _("Got unexpected extra argument(s) ({words})"),
    _("Option {name} requires an argument."),
    _("Option {name} does not take a value."),
    _("Invalid value for {name}: {why}"),
    _("Input should be a valid integer, unable to parse string as an integer"),
    _("Input should be a valid number, unable to parse string as a number"),
    _("Input should be greater than or equal to {number}"),
    _("Input should be less than or equal to {number}"),
)
"""Typer's usage errors. If one text begins with another, the longer text comes first."""


class _Translated:
    """Mix-in for typer's command classes that translates their help."""

    help: str | None

    def get_usage(self, ctx: Any) -> str:
        """Return typer's usage line with its words in the user's language."""
        return _usage(super().get_usage(ctx))  # type: ignore[misc]  # a method of typer's class

    def get_help_option(self, ctx: Any) -> Any:
        """Return the option `--help`, which typer adds, with a translated help text."""
        return _without_conversion(_translated(super().get_help_option(ctx)))  # type: ignore[misc]  # typer's method

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the translated help to `formatter`."""
        if self.help:
            text = PARAGRAPH_LINE_END.sub(" ", self.help)
            # Without an empty second paragraph, typer removes the indent of examples if they are the second paragraph.
            self.help = text.replace("\n\n", "\n\n\n\n", 1)
        _set_headings()
        with _chinese_line_breaks():
            super().format_help(ctx, formatter)  # type: ignore[misc]  # typer's method


class TranslatedCommand(_Translated, TyperCommand):
    """Typer command with its help in the user's language."""


class TranslatedGroup(_Translated, TyperGroup):
    """Group of all commands, with translated help and usage errors."""

    def main(self, args: Sequence[str] | None = None, *more: Any, **options: Any) -> Any:
        """Run the command line.

        Look for --lang in all arguments first, because typer prints help before it parses options.
        """
        asked_language.set(language_asked(sys.argv[1:] if args is None else args))
        for command in (self, *self.commands.values()):
            _translate_command(command)
        for parameter in self.params:
            _without_conversion(parameter)
        return super().main(args, *more, **options)

    def make_context(self, *given: Any, **options: Any) -> Any:
        """Parse the options before the command; usage errors are translated."""
        with _translated_errors():
            return super().make_context(*given, **options)

    def invoke(self, ctx: Any) -> Any:
        """Parse the arguments of the command and run it; usage errors are translated."""
        with _translated_errors():
            return super().invoke(ctx)


class TranslatedTyper(typer.Typer):
    """Typer application whose commands show help in the user's language."""

    def command(self, *given: Any, **options: Any) -> Callable[[Function], Function]:
        """Register a function as a command, in the help panel of its module's folder (see PANELS)."""

        def register(function: Function) -> Function:
            panel = PANELS.get(function.__module__.split(".")[-2])
            made = super(TranslatedTyper, self).command(
                *given, **{"cls": TranslatedCommand, "rich_help_panel": panel, **options}
            )
            return made(function)

        return register


def language_asked(arguments: Sequence[str]) -> str | None:
    """Return the value of the last --lang in the arguments, or None."""
    asked = None
    for word, following in zip_longest(arguments, arguments[1:]):
        if word == "--":
            break
        if word == "--lang":
            asked = following
        elif word.startswith("--lang="):
            asked = word.removeprefix("--lang=")
    return asked


def command_asked(arguments: Sequence[str]) -> str | None:
    """Return the name of the command, or None: the first argument that is no option and no value of --lang."""
    before = ""
    for word in arguments:
        if not word.startswith("-") and before != "--lang":
            return word
        before = word
    return None


def translate_error(message: str, translate: Callable[[str], str]) -> str:
    """Return a usage error of typer, translated with `translate`; return it unchanged if it is not in USAGE_ERRORS."""
    for english in USAGE_ERRORS:
        parts = Formatter().parse(english)
        pattern = "".join(re.escape(text) + (f"(?P<{name}>.+)" if name else "") for text, name, *_rest in parts)
        if found := re.fullmatch(pattern, message):
            return translate(english).format(
                **{name: translate_error(word, translate) for name, word in found.groupdict().items()}
            )
    return message


@contextmanager
def _translated_errors() -> Iterator[None]:
    """Translate the usage errors that typer raises inside the block."""
    try:
        yield
    except Exception as error:
        if hasattr(error, "format_message"):  # an error of typer; its class has different names in releases of typer
            _translate_message(error)
        if isinstance(error, typer.Abort) or hasattr(error, "format_message"):
            _set_headings()
        raise


@contextmanager
def _chinese_line_breaks() -> Iterator[None]:
    """Allow line breaks between Chinese characters: rich breaks lines only at spaces and cuts off longer text."""
    if choose_language(asked_language.get()) != "zh":
        yield
        return
    from rich import text

    from grader.rendering.display_width import cells
    from grader.rendering.paragraph import line_ends

    def ends(line: str, width: int, fold: bool = True) -> list[int]:
        # Leave one cell free: to strip the space at the end of a line, rich counts characters instead of cells.
        return [] if cells(line) <= width else line_ends(line, max(1, width - 1))

    before = getattr(text, RICH_LINES)
    setattr(text, RICH_LINES, ends)
    try:
        yield
    finally:
        setattr(text, RICH_LINES, before)


def _translate_message(error: Any) -> None:
    message = translate_error(error.format_message(), _translator())
    error.format_message = lambda: message


def _translator() -> Callable[[str], str]:
    return translator(choose_language(asked_language.get()))


def _translate_command(command: Any) -> None:
    """Translate the help, panel and parameters of a command in place."""
    translate = _translator()
    command.help = command.help and translate(command.help)
    command.options_metavar = translate(command.options_metavar)
    if isinstance(panel := command.rich_help_panel, str):
        command.rich_help_panel = translate(panel)
    if isinstance(command, TyperGroup):
        command.subcommand_metavar = translate(command.subcommand_metavar)
    for parameter in command.params:
        _translated(parameter)
        if (parameter.metavar or "").isupper():  # lower-case metavars list the values themselves
            parameter.metavar = translate(parameter.metavar)


def _translated(parameter: Any) -> Any:
    """Translate the help of a parameter in place, and return it."""
    if parameter is not None and parameter.help:
        parameter.help = _translator()(parameter.help)
    return parameter


def _without_conversion(parameter: Any) -> Any:
    """Switch off the type conversion of a parameter, for which typer imports pydantic (slow); return the parameter."""
    if parameter is not None:
        callback = parameter.callback

        def process(context: Any, value: Any) -> Any:
            found = value if isinstance(value, str | bool) else None  # click has used several markers for "no value"
            return callback(context, parameter, found) if callback else found

        parameter.process_value = process
    return parameter


def _usage(text: str) -> str:
    return text.replace(USAGE, _translator()(USAGE), 1)


def _set_headings() -> None:
    from typer import rich_utils  # imported late: the import is slow, and typer needs it only for output

    translate = _translator()
    for name, words in HEADINGS.items():
        setattr(rich_utils, name, translate(words))
    rich_utils.REQUIRED_LONG_STRING = f"[{translate(REQUIRED)}]"
