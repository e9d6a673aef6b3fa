"""`grader forget`: remove students from every page and file of a results folder, and say what could not be removed.

Theory of operation
    `forget` writes results.jsonl, grades.csv, run.json and the pages again without them, and deletes their rows from
    overrides.csv (`policy.overrides`) and the journal (`results.journal`). `find_remaining_files` then searches all
    files for their names, because other files may hold copies.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from grader.core.atomic_files import locked_folder
from grader.core.errors import GraderError, GraderErrors, UsageError
from grader.course.discovery import find_course
from grader.course.library import Library, open_library
from grader.grading.policy.override_students import StudentCells
from grader.grading.policy.overrides import FILE as OVERRIDES
from grader.grading.policy.overrides import read_override_table, write_override_table
from grader.grading.policy.policy import Retention, policy_from_run
from grader.grading.policy.policy_file import find_policy_file, read_policy
from grader.grading.results.attachment_lookup import load_attachments
from grader.grading.results.final_result import FinalResult
from grader.grading.results.journal import Journal
from grader.grading.results.overrides.override_history import HISTORY, forget_history, read_history
from grader.grading.results.published_scores import PUBLISHED, forget_published, read_published
from grader.grading.results.result_files import read_final_results, write_results
from grader.grading.results.run_file import JOURNAL_FILE, Counts, read_run, write_run
from grader.grading.runs.mending_text import MendingRemarks
from grader.reports.name_removal import identifying_words, mentions_name, run_without
from grader.reports.pages.page_files import write_pages
from grader.submissions.download_summary import student_lines
from grader.submissions.people import people_from_run
from grader.submissions.students.student_lookup import StudentIndex
from grader.submissions.submission import SubmissionMetadata

Translate = Callable[[str], str]
MAX_SEARCHED = 64 << 20
"""Largest size, in bytes, of a file that is searched for remaining names."""


@dataclass(frozen=True)
class StudentsToForget:
    """Ids of students: `results_of` lists whose results are removed, `submissions_of` whose submissions."""

    results_of: list[str]
    submissions_of: list[str]


@dataclass(frozen=True)
class ResultsToClean:
    """A results folder with its students, its course and policy if they are found, and the retention limits."""

    folder: Path
    people: dict[str, SubmissionMetadata]
    run: dict[str, Any]
    library: Library | None
    policy: Path | None
    keep: Retention

    @cached_property
    def index(self) -> StudentIndex:
        """The students of the folder, to find one by a name."""
        return StudentIndex(self.people)

    def select_named(self, name: str) -> StudentsToForget:
        """Return the one student with this id, address or name. Raises UsageError."""
        found = self.index.require(name)
        return StudentsToForget([found], [found])

    def select_expired(self, with_submissions: bool) -> StudentsToForget:
        """Return the students whose retention time is over. Raises UsageError if the policy sets no limit."""
        if self.keep == Retention():
            raise UsageError(
                "The policy sets no time limit. Add names_days or submissions_days to the table [keep] in grader.toml."
            )
        now, keep = datetime.now(UTC), self.keep
        names = _students_older_than(self.run, self.people, keep.names_days, now)
        return StudentsToForget(
            names, _students_older_than(self.run, self.people, keep.submissions_days, now) if with_submissions else []
        )


def find_results_to_clean(folder: Path, course: Path | None, policy: Path | None, tr: Translate) -> ResultsToClean:
    """Read what `forget` needs to know of a results folder and its course. Raises UsageError."""
    try:
        library = open_library(find_course(course or Path.cwd()))
    except UsageError:
        if course is not None:
            raise
        library = None  # results can outlive their course
    run = read_run(folder)
    file = find_policy_file(policy, library.course.root if library else folder)
    keep = read_policy(file, library.course, tr).keep if file and library else policy_from_run(run).keep
    names = [result.student for result in read_final_results(folder)] if (folder / "results.jsonl").is_file() else []
    if (folder / JOURNAL_FILE).is_file():
        with Journal(folder / JOURNAL_FILE, upgrade=False) as journal:
            names += journal.students()
    names += [change.student for change in read_history(folder)]  # also of students who are in no run any more
    with suppress(UsageError):  # the step that removes students from this file reports it
        published = read_published(folder)
        names += published.students if published else ()
    people = people_from_run(run)
    return ResultsToClean(
        folder, people | {n: people.get(n, SubmissionMetadata()) for n in names}, run, library, file, keep
    )


def forget(
    target: ResultsToClean,
    students: StudentsToForget,
    submissions: Path | None,
    language: str,
    tr: Translate,
    fixes: Path | None = None,
) -> list[str]:
    """Remove the students everywhere; return what was done as sentences. Raises GraderErrors.

    `submissions` and `fixes` are the folders of the class whose entries of these students are removed, too.
    If one step fails, the other steps still run before the error is raised.
    """
    steps: list[Callable[[], str]] = []
    if students.results_of:
        steps += [
            lambda: _forget_published(
                target, students.results_of, tr
            ),  # before the class page is written, which reads it
            lambda: _forget_in_results(target, students.results_of, language, tr),
            lambda: _forget_overrides(target, students.results_of, tr),
            lambda: _forget_override_history(target, students.results_of, tr),
            lambda: _forget_in_journal(target, students.results_of, tr),
        ]
    if submissions is not None and students.submissions_of:
        steps.append(lambda: _forget_submissions(submissions, target, students.submissions_of, tr))
    if fixes is not None and students.results_of:
        steps.append(lambda: _forget_fixes(fixes, students.results_of, tr))
    done, failed = list[str](), list[Exception]()
    for step in steps:
        try:
            done.append(step())
        except (GraderError, OSError) as error:
            failed.append(error)
    if failed:
        raise GraderErrors(failed)
    return [words for words in done if words]


def _forget_in_results(target: ResultsToClean, names: Sequence[str], language: str, tr: Translate) -> str:
    """Write the result files, run.json and the pages again without these students."""
    folder, run = target.folder, run_without(target.run, names, identifying_words(target.people, names))
    if not (folder / "results.jsonl").is_file():
        write_run(folder, run)
        return ""
    all_results = read_final_results(folder)
    functions = list(dict.fromkeys(record.function for result in all_results for record in result.records))
    remaining = [result for result in all_results if result.student not in names]
    counts = Counts()
    for result in remaining:
        counts.add(result)
    run |= counts.facts()
    write_results(folder, remaining, functions, bool(run.get("policy") or run.get("overrides")))
    write_run(folder, run)
    return _make_pages(target, remaining, run, language, tr)


def _make_pages(
    target: ResultsToClean, remaining: Sequence[FinalResult], run: Mapping[str, Any], language: str, tr: Translate
) -> str:
    index, pages = target.folder / "index.html", target.folder / "students"
    if target.library is not None:
        write_pages(
            target.folder,
            sorted(remaining, key=lambda one: one.student),
            target.library,
            run,
            language,
            lambda one: load_attachments(target.folder / JOURNAL_FILE, one.records),
            remarks=[*_student_lines(run, language), *_mending_lines(remaining, tr)],
            student_pages=not index.exists() or any(pages.glob("*.html")),  # student pages, if the run wrote them
        )
        return tr("results.jsonl, grades.csv, run.json and the pages: rewritten")
    index.unlink(missing_ok=True)
    shutil.rmtree(pages, ignore_errors=True)
    return tr(
        "results.jsonl, grades.csv, run.json: rewritten; pages: removed, because writing them needs the course "
        "(--course)"
    )


def _student_lines(run: Mapping[str, Any], language: str) -> list[str]:
    return list(student_lines(run["handed_in"], people_from_run(run), language)) if run.get("handed_in") else []


def _mending_lines(results: Sequence[FinalResult], tr: Translate) -> Iterator[str]:
    remarks = MendingRemarks(tr)
    for result in results:
        remarks.add(result)
    return remarks.lines()


def _forget_overrides(target: ResultsToClean, names: Sequence[str], tr: Translate) -> str:
    """Remove the rows that name these students, also a row that may mean another student as well.

    Such a row is not in force. Without the forgotten student it would count for the other one.
    """

    def is_forgotten(cells: StudentCells) -> bool:
        return not set(cells.matches(target.index)).isdisjoint(names)

    with locked_folder(target.folder):
        table = read_override_table(target.folder)
        if not table.remove(is_forgotten):
            return ""
        write_override_table(target.folder, table)
    return tr("{file}: rows removed").format(file=OVERRIDES)


def _forget_published(target: ResultsToClean, names: Sequence[str], tr: Translate) -> str:
    return tr("{file}: rows removed").format(file=PUBLISHED) if forget_published(target.folder, names) else ""


def _forget_override_history(target: ResultsToClean, names: Sequence[str], tr: Translate) -> str:
    words = identifying_words(target.people, names)
    with locked_folder(target.folder):
        removed = forget_history(target.folder, names, lambda text: any(mentions_name(text, word) for word in words))
    return tr("{file}: rows removed").format(file=HISTORY) if removed else ""


def _forget_in_journal(target: ResultsToClean, names: Sequence[str], tr: Translate) -> str:
    if not (target.folder / JOURNAL_FILE).is_file():
        return ""
    words = identifying_words(target.people, names)
    with Journal(target.folder / JOURNAL_FILE, upgrade=False) as journal:
        number = journal.forget(names, lambda text: any(mentions_name(text, word) for word in words))
    return tr("journal.sqlite: verdicts removed: {number}; the file was rewritten").format(number=number)


def _forget_submissions(submissions_folder: Path, target: ResultsToClean, names: Sequence[str], tr: Translate) -> str:
    """Remove files of these students from the folder of submissions, by id or the name that the LMS gave."""
    if not submissions_folder.is_dir():
        raise UsageError(
            "Not a folder: {path}. The grader cannot remove submissions from an archive; remove them yourself.",
            path=submissions_folder,
        )
    ids_and_names = {(name, target.people[name].filed_as) for name in names}
    entries_of_students = [
        entry
        for entry in sorted(submissions_folder.iterdir())
        if any(is_filed(entry, *names_of_entry) for names_of_entry in ids_and_names)
        and (entry.name in names or entry.name not in target.people)  # not the one of another student
    ]
    for entry in entries_of_students:
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    return tr("{folder}: removed: {entries}").format(
        folder=submissions_folder, entries=", ".join(e.name for e in entries_of_students) or "—"
    )


def _forget_fixes(folder: Path, names: Sequence[str], tr: Translate) -> str:
    """Remove the folders of these students from a folder of fixes, which are named by the ids."""
    found = [folder / name for name in names if (folder / name).is_dir() and Path(name).name == name]
    for path in found:
        if path.is_symlink():
            path.unlink()
        else:
            shutil.rmtree(path)
    return tr("{folder}: removed: {entries}").format(folder=folder, entries=", ".join(p.name for p in found) or "—")


def is_filed(entry: Path, student: str, filed_as: str) -> bool:
    """True if the name of an entry in the folder of submissions belongs to this student only.

    Canvas and Moodle put the id between underscores: the text up to it is the same in all file names of a student.
    """
    before, id_, _ = filed_as.partition(f"_{student}_")
    prefix = before + id_
    if not prefix or not entry.name.startswith(prefix):
        return student == entry.name or (student == entry.stem and not entry.is_dir())
    return not prefix[-1].isalnum() or not entry.name[len(prefix) :][:1].isalnum()


def _students_older_than(
    run: Mapping[str, Any], people: Mapping[str, SubmissionMetadata], days: int | None, now: datetime
) -> list[str]:
    """Return the students who submitted `days` days ago or earlier; if that time is unknown, the last run counts."""
    if days is None:
        return []
    try:
        graded = datetime.fromisoformat(str(run.get("finished"))).astimezone(UTC)
    except ValueError:
        graded = now
    since = {student: about.submitted or graded for student, about in people.items()}
    return [student for student, moment in since.items() if (now - moment.astimezone(UTC)).days >= days]


def find_remaining_files(
    target: ResultsToClean, names: Sequence[str], submissions: Path | None, fixes: Path | None = None
) -> Iterator[Path]:
    """Yield the files that still contain a name: results, policy, files in the folders of submissions and fixes."""
    words, files = identifying_words(target.people, names), sorted(target.folder.rglob("*"))
    files += [target.policy] if target.policy else []
    files += sorted(submissions.iterdir()) if submissions else []
    files += sorted(fixes.rglob("*")) if fixes else []
    for path in files:
        if path.is_file() and not path.is_symlink() and path.stat().st_size <= MAX_SEARCHED:
            text = path.read_bytes().decode("utf-8", "replace")
            if any(mentions_name(f"{path.name}\n{text}", word) for word in words):
                yield path
