"""Say in the reader's language why something was not judged: the reasons are written where student code is run."""

from __future__ import annotations

import re
from functools import cache

from grader.core.language import translator

_ = str  # marks a text for the translators' catalogue

TEMPLATES = (
    _("no file was handed in"),
    _("no submitted file defines it"),
    _("no file here defines {function}; it belongs in {file} as {signature}"),
    _("defined in several files ({files}): which one counts?"),
    _("{file} leaves no function of that name behind"),
    _("{file} is UTF-16 text: save it as UTF-8 and hand it in again"),
    _("{file} holds null bytes: it is no Python text"),
    _("{file} cannot be decoded ({error}): save it as UTF-8 and hand it in again"),
    _("{file} cannot be read as a notebook: {error}"),
    _(
        "it tried something that the sandbox forbids ({error}). Files, networks and other processes are not there "
        "while a submission is graded: use num_workers=0 in a DataLoader, keep data in memory, and leave "
        "demonstrations out of the file"
    ),
    _("ended by signal {signal}"),
    _("left on its own with exit code {code}"),
    _("its results could not be read ({fault})"),
    _("it took its worker with it, twice"),
    _("no golden observation for this check: update the exercises"),
    _("node names are those of torch {golden}, this is {version}: not comparable here"),
    _("the solution itself gave no observation: {outcome}"),
    _("line {line}, column {column}: {code}"),
    _("line {line}: {code}"),
    _("cell {cell}, line {line}: {code}"),
)
"""What the reasons of outcomes and the places of errors look like, with names for what they tell."""


def reason_words(reason: str, language: str) -> str:
    """A reason, or the place of an error, in a language; one of no known kind stays as it is."""
    if language == "en":
        return reason
    for template, pattern in _patterns():
        if found := pattern.fullmatch(reason):
            return translator(language)(template).format(**found.groupdict())
    return reason


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    escaped = [(template, re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.*?)", re.escape(template))) for template in TEMPLATES]
    return [(template, re.compile(pattern, re.DOTALL)) for template, pattern in escaped]
