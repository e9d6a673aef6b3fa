"""Translated words of the pages for result kinds, sandbox levels and the script."""

from __future__ import annotations

from collections.abc import Callable

Translate = Callable[[str], str]


def kind_words(tr: Translate) -> dict[str, str]:
    """Return the name of each result kind."""
    return {
        "passed": tr("passed"),
        "partly": tr("partly right"),
        "wrong": tr("failed"),
        "silent": tr("timed out, crashed or blocked"),
        "untouched": tr("not started"),
        "missing": tr("missing submission"),
        "fault": tr("ungraded"),
    }


SYMBOLS = {
    "passed": "✓",
    "partly": "◐",
    "wrong": "✗",
    "silent": "!",
    "untouched": "○",
    "missing": "\N{EN DASH}",
    "fault": "?",
}
"""The symbol of each result kind, so that readers can tell the kinds apart without color."""


def sandbox_warnings(tr: Translate) -> dict[str, str]:
    """Return a warning for each sandbox level that does not protect the results."""
    return {
        "weak": tr("The sandbox was weak: student code may have reached files, the network, or these results."),
        "none": tr("There was no sandbox: student code ran with your permissions, and may have forged its results."),
    }


def script_words(tr: Translate) -> dict[str, str]:
    """Return the texts of the script class.js; the script replaces the names in braces by values."""
    return {
        "student": tr("student"),
        "points": tr("points"),
        "status": tr("status"),
        "ok": tr("graded"),
        "human": tr("needs review"),
        "some": tr("{first} to {last} of {number} students (class: {all})"),
        "none": tr("No student matches."),
        "ascending": tr("sorted by {column}, ascending"),
        "descending": tr("sorted by {column}, descending"),
        "overview": tr(
            "Overview of the class: a line for each of {number} students, best first; a column for each function."
        ),
        "sampled": tr("Overview of the class: {lines} of {number} students, best first; a column for each function."),
    }
