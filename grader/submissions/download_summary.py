"""Lines that sum up a download: its layout, and the students who are missing, not on the roster, or submitted twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from grader.core.language import translator
from grader.core.visible_text import join_names, visible
from grader.submissions.people import display_name
from grader.submissions.submission import SubmissionMetadata


def layout_lines(facts: Mapping[str, Any], language: str) -> Iterator[str]:
    """Yield the layout of a download and the reason, then the warnings. `facts` is from `ClassSubmissions.facts()`."""
    tr = translator(language)
    words = tr("layout: {layout} ({why})")
    yield visible(words.format(layout=facts["layout"], why=facts["why"]))
    yield from map(visible, facts["notes"])


def student_lines(facts: Mapping[str, Any], people: Mapping[str, SubmissionMetadata], language: str) -> Iterator[str]:
    """Yield up to four lines that list students: missing, not on the roster, with several names, with several attempts.

    `facts` come from `ClassSubmissions.facts()`. `people` holds the names of the students.
    """
    tr = translator(language)
    lines = (
        (tr("missing submissions ({count}): {students}"), [display_name(s, people) for s in facts["nothing"]]),
        (tr("not on the roster ({count}): {students}"), [display_name(s, people) for s in facts["unknown"]]),
        (
            tr("submitted under several names ({count}): {students}"),
            [f"{display_name(several[0], people)} = {', '.join(several[1:])}" for several in facts["twice"]],
        ),
        (
            tr("several attempts ({count}): {students}"),
            [f"{display_name(s, people)} × {number}" for s, number in facts["attempts"].items()],
        ),
    )
    for words, students in lines:
        if students:
            yield visible(words.format(count=len(students), students=join_names(students)))
