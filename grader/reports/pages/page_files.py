"""Write the class page and one page for each student: self-contained HTML files that work offline.

Theory of operation
    The templates escape every value and make every character visible (`rendering.safe_templates`). A page names its
    only script by hash in its content security policy (`pages.page_templates`), so that student text could not run
    even if a template forgot to escape it. A page whose hash (`pages.page_hash`) has not changed is not written again.
    To sync each page to the disk by itself would take longer than to render it, so all pages are synced together before
    the class page is written. If the power fails before the sync, some pages may be incomplete. After such a failure,
    the journal says that the last run did not finish (`journal_rows.run_table`), and the next run writes every page
    again (`reuse`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from markupsafe import Markup

from grader.core.files.atomic_files import remove_all_unfinished, sync_files, write_atomically
from grader.course.library import Library
from grader.grading.policy.hidden_check_visibility import visible_record
from grader.grading.policy.policy import policy_from_run
from grader.grading.results.final_result import FinalResult
from grader.grading.verdicts.entry import Attachments
from grader.reports.answer_groups import UnexplainedAnswers
from grader.reports.comparison.published_comparison import PublicationReport
from grader.reports.group_report import UnexplainedReport, report_unexplained
from grader.reports.pages.class_page import class_facts
from grader.reports.pages.class_tally import Tally
from grader.reports.pages.page_hash import PageHasher, is_current
from grader.reports.pages.page_templates import environment_for, read_script, security_policy
from grader.reports.pages.student_page import student_facts
from grader.reports.pages.student_sections import SectionRenderer
from grader.reports.pages.student_totals import STUDENTS, StudentOnPage, page_path
from grader.submissions.people import people_from_run

PAGE_NAME = re.compile(r"[0-9a-f]{20}\.html")
"""The file name of a student's page (`student_totals.page_path`)."""

LoadAttachments = Callable[[FinalResult], Mapping[str, Attachments]]
"""A function that returns the attachments of a student, by function."""


class PageWriter:
    """Writes the pages of students one by one; no record of the class stays in memory.

    A student's page shows of hidden checks only what the policy in `run` allows. `secret` is a random text that belongs
    to the results folder and is part of every page hash. If `secret` is not empty and `reuse` is true, pages whose hash
    is unchanged are not written again. If `student_pages` is false, only the class page is written. Raises UsageError
    if the folder cannot be written.
    """

    def __init__(
        self,
        folder: Path,
        library: Library,
        run: Mapping[str, Any],
        language: str,
        attachments: LoadAttachments,
        secret: bytes = b"",
        student_pages: bool = True,
        reuse: bool = True,
    ) -> None:
        self._reuse, self._written = reuse, list[str]()
        remove_all_unfinished(folder / STUDENTS, [".html"])  # a killed run left these; they hold names and code
        remove_all_unfinished(folder, [".html"])
        self._folder, self._library, self._run, self._language = folder, library, run, language
        self._attachments, self._student_pages = attachments, student_pages
        self._environment = environment_for(language)
        self._template, script = self._environment.get_template("student.html"), read_script("student.js")
        self._script = {"policy": security_policy(script), "script": Markup(script)}
        record_filter = partial(visible_record, library=library, policy=policy_from_run(run), language=language)
        self._sections = SectionRenderer(self._environment, library, record_filter, language)
        self._titles = {exercise.name: exercise.title.in_(language) for exercise in library.course.exercises}
        self._tally = Tally()
        self._hasher = PageHasher(secret, run, language) if secret and student_pages else None

    def add(self, result: FinalResult) -> None:
        """Write the page of a student, unless its hash is unchanged, and add the student to the class page."""
        student = StudentOnPage(result, page_path(result.student) if self._student_pages else "")
        self._tally.add(student)
        if self._student_pages:
            self._write(student)

    def _write(self, student: StudentOnPage) -> None:
        path = self._folder / student.page
        page_hash = self._hasher.digest(student.result) if self._hasher else ""
        if self._reuse and page_hash and is_current(path, page_hash):
            return
        facts = student_facts(student, self._attachments(student.result), self._titles, self._sections)
        page = self._template.render(run=self._run, made_from=page_hash, **self._script, **facts)
        write_atomically(path, page.encode(), sync=False)
        self._written.append(student.page)

    def finish(
        self,
        run: Mapping[str, Any],
        unexplained: UnexplainedReport,
        remarks: Sequence[str] = (),
        publication: Sequence[str] = (),
    ) -> None:
        """Sync the pages of students, write the class page, and remove pages that it does not link.

        `remarks` are lines about submissions and policy. `publication` are lines that say when the scores were
        published, and which scores have changed since then.
        """
        sync_files(self._folder / page for page in self._written)
        script = read_script("class.js")
        page = self._environment.get_template("class.html").render(
            policy=security_policy(script),
            script=Markup(script),
            run=run,
            remarks=remarks,
            publication=publication,
            **class_facts(self._tally, unexplained, self._library, self._language, run, self._folder),
        )
        write_atomically(self._folder / "index.html", page.encode())
        current_pages = {row.page for row in self._tally.rows}
        for path in (self._folder / STUDENTS).glob("*.html"):
            if PAGE_NAME.fullmatch(path.name) and f"{STUDENTS}/{path.name}" not in current_pages:
                path.unlink(missing_ok=True)


def write_pages(
    folder: Path,
    results: Iterable[FinalResult],
    library: Library,
    run: Mapping[str, Any],
    language: str,
    attachments: LoadAttachments = lambda _: {},
    remarks: Sequence[str] = (),
    student_pages: bool = True,
) -> None:
    """Write the pages of a class in the order of `results`. Raises UsageError."""
    pages = PageWriter(folder, library, run, language, attachments, student_pages=student_pages)
    people, unexplained, publication = people_from_run(run), UnexplainedAnswers(), PublicationReport(folder)
    for result in results:
        pages.add(replace(result, metadata=people.get(result.student, result.metadata)))
        unexplained.add(result)
        publication.add(result)
    unexplained_report = report_unexplained(unexplained, folder, library, language)
    pages.finish(run, unexplained_report, remarks, publication.page_lines(language))
