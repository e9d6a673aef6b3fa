"""The class page and one page for each student: self-contained, offline, nothing of a student's in them is alive.

Whatever a template shows goes through `visible` and is escaped, unasked. A page names, by its hash, the only script
that may run in it, so that a forgotten escape would still start nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from markupsafe import Markup

from grader.core.atomic_files import write_atomically
from grader.core.language import translator
from grader.course.library import Library
from grader.grading.policy.policy import policy_in
from grader.grading.policy.visibility import seen_by_student
from grader.grading.results.final_result import FinalResult
from grader.grading.verdicts.entry import Attachments
from grader.reports.pages.class_page import class_facts
from grader.reports.pages.class_tally import Tally
from grader.reports.pages.page_hash import Inputs, stands
from grader.reports.pages.page_templates import environment_for, policy_of
from grader.reports.pages.student_page import student_facts
from grader.reports.pages.student_sections import Sections
from grader.reports.pages.student_totals import STUDENTS, Person, page_of
from grader.submissions.people import people_from_run

OURS = re.compile(r"[0-9a-f]{20}\.html")
"""The name of a student's page."""

Look = Callable[[FinalResult], Mapping[str, Attachments]]
"""Gives what the journal keeps beside the records of a student."""


class Pages:
    """Writes the pages of students one by one, in the order given; no record of the class stays in memory.

    A student's page shows of hidden checks what the policy in `run` allows. With a `secret` of the folder, a page whose
    inputs are unchanged is not written again. Without `each` only the class page is written.
    Raises UsageError when the folder cannot be written.
    """

    def __init__(
        self,
        folder: Path,
        library: Library,
        run: Mapping[str, Any],
        language: str,
        attachments: Look,
        secret: bytes = b"",
        each: bool = True,
    ) -> None:
        self._folder, self._library, self._run, self._language = folder, library, run, language
        self._attachments, self._each = attachments, each
        self._environment = environment_for(language)
        self._template = self._environment.get_template("student.html")
        seen = partial(seen_by_student, library=library, policy=policy_in(run), language=language)
        self._sections = Sections(self._environment, library, seen, language)
        self._titles = {exercise.name: exercise.title.in_(language) for exercise in library.course.exercises}
        self._tally = Tally(translator(language)("ungraded: the grader failed"))
        self._inputs = Inputs(secret, run, language) if secret and each else None

    def add(self, result: FinalResult) -> None:
        """Write the page of a student."""
        person = Person(result, page_of(result.student) if self._each else "")
        self._tally.add(person)
        if self._each:
            self._write(person)

    def _write(self, person: Person) -> None:
        path = self._folder / person.page
        made_from = self._inputs.digest(person.result) if self._inputs else ""
        if made_from and stands(path, made_from):
            return
        facts = student_facts(person, self._attachments(person.result), self._titles, self._sections)
        page = self._template.render(policy=policy_of(""), run=self._run, made_from=made_from, **facts)
        write_atomically(path, page.encode())

    def finish(self, run: Mapping[str, Any], remarks: Sequence[str] = ()) -> None:
        """Write the class page, with lines about who handed in, and remove the pages that it does not link to."""
        script = (Path(__file__).parent / "templates" / "class.js").read_text("utf-8")
        page = self._environment.get_template("class.html").render(
            policy=policy_of(script),
            script=Markup(script),
            run=run,
            remarks=remarks,
            **class_facts(self._tally, self._library, self._language),
        )
        write_atomically(self._folder / "index.html", page.encode())
        wanted = {row.page for row in self._tally.rows}
        for path in (self._folder / STUDENTS).glob("*.html"):
            if OURS.fullmatch(path.name) and f"{STUDENTS}/{path.name}" not in wanted:
                path.unlink(missing_ok=True)


def write_pages(
    folder: Path,
    results: Iterable[FinalResult],
    library: Library,
    run: Mapping[str, Any],
    language: str,
    attachments: Look = lambda _: {},
    remarks: Sequence[str] = (),
    each: bool = True,
) -> None:
    """Write the pages of a class, whose students come in their order. Raises UsageError."""
    pages, people = Pages(folder, library, run, language, attachments, each=each), people_from_run(run)
    for result in results:
        pages.add(replace(result, metadata=people.get(result.student, result.metadata)))
    pages.finish(run, remarks)
