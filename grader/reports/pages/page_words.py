"""The words of the pages for outcomes, kinds and levels."""

from __future__ import annotations

from collections.abc import Callable

Translate = Callable[[str], str]


def kind_words(tr: Translate) -> dict[str, str]:
    """What the legend calls each kind."""
    return {
        "passed": tr("passed"),
        "partly": tr("partly"),
        "wrong": tr("wrong"),
        "silent": tr("no answer"),
        "untouched": tr("not started"),
        "fault": tr("grader fault"),
    }


def sandbox_warnings(tr: Translate) -> dict[str, str]:
    """What is to be known about results that were made behind weak walls, or none."""
    return {
        "weak": tr("The sandbox was weak: student code may have reached files, the network, or these results."),
        "none": tr("There was no sandbox: student code ran with your rights, and may have forged its results."),
    }


def script_words(tr: Translate) -> dict[str, str]:
    """What the script of the class page says; the braces are filled in there."""
    return {
        "student": tr("student"),
        "points": tr("points"),
        "status": tr("status"),
        "ok": tr("ok"),
        "human": tr("needs a human"),
        "late": tr("late"),
        "some": tr("{first} to {last} of {number} students (class: {all})"),
        "none": tr("No student is like that."),
        "ascending": tr("sorted by {column}, ascending"),
        "descending": tr("sorted by {column}, descending"),
        "overview": tr(
            "The class at a glance: a line for each of {number} students, best first; a column for each function."
        ),
        "sampled": tr("The class at a glance: {lines} of {number} students, best first; a column for each function."),
    }
