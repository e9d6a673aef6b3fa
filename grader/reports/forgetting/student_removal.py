"""Remove students from every page and file of a results folder, and their files from the folders of the class.

Theory of operation
    `forget_students` writes results.jsonl, grades.csv, run.json and the pages again without the students, deletes their
    rows from overrides.csv (`policy.overrides`) and the journal (`results.journal`), and removes the file with the
    outcomes of mistakes (`known_mistakes.outcome_file`). `remaining_files` then searches for files that still contain
    their names, because any file may hold a copy.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from grader.core.errors import GraderError, GraderErrors
from grader.grading.policy.override_students import StudentCells
from grader.grading.policy.overrides import FILE as OVERRIDES
from grader.grading.policy.overrides import read_override_table, write_override_table
from grader.grading.results.attachment_lookup import load_attachments
from grader.grading.results.final_result import FinalResult
from grader.grading.results.folder_lock import lock_folder
from grader.grading.results.journal import Journal
from grader.grading.results.overrides.override_history import HISTORY, forget_history
from grader.grading.results.published_scores import PUBLISHED, forget_published
from grader.grading.results.result_files import read_final_results, write_results
from grader.grading.results.run_facts import Counts
from grader.grading.results.run_file import JOURNAL_FILE, write_run
from grader.grading.runs.fix_review import FixRemarks
from grader.grading.verdicts.known_mistakes.outcome_file import FILE as MISTAKE_OUTCOMES
from grader.grading.verdicts.known_mistakes.outcome_file import remove_outcome_file
from grader.reports.forgetting.class_folders import forget_fixes, forget_submissions
from grader.reports.forgetting.name_removal import identifying_words, mentions_name, run_without
from grader.reports.forgetting.students_to_forget import ResultsToClean, StudentsToForget
from grader.reports.pages.page_files import write_pages
from grader.submissions.download_summary import student_lines
from grader.submissions.people import people_from_run

Translate = Callable[[str], str]


def forget_students(
    target: ResultsToClean,
    students: StudentsToForget,
    submissions: Path | None,
    language: str,
    tr: Translate,
    fixes: Path | None = None,
) -> list[str]:
    """Remove the data of the students; return sentences that say what was removed. Raises GraderErrors.

    If `submissions` or `fixes` names a folder, the files of the students in this folder are removed, too.
    If one step fails, the other steps still run before the error is raised.
    """
    steps: list[Callable[[], str]] = []
    if students.results_of:
        steps += [
            # First, because the next step writes the class page, which shows scores of published.json.
            lambda: _forget_published(target, students.results_of, tr),
            lambda: _forget_in_results(target, students.results_of, language, tr),
            lambda: _forget_overrides(target, students.results_of, tr),
            lambda: _forget_override_history(target, students.results_of, tr),
            lambda: _forget_in_journal(target, students.results_of, tr),
            lambda: _remove_mistake_outcomes(target, tr),
        ]
    if submissions is not None and students.submissions_of:
        steps.append(lambda: forget_submissions(submissions, target, students.submissions_of, tr))
    if fixes is not None and students.results_of:
        steps.append(lambda: forget_fixes(fixes, students.results_of, tr))
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
    remarks = FixRemarks(tr)
    for result in results:
        remarks.add(result)
    return remarks.lines()


def _forget_overrides(target: ResultsToClean, names: Sequence[str], tr: Translate) -> str:
    """Remove the rows of overrides.csv that match one of these students, even if they also match another student.

    The grader does not apply a row that matches several students. If such a row stayed after one of them is removed,
    the grader would apply it to the other one.
    """

    def is_forgotten(cells: StudentCells) -> bool:
        return not set(cells.matches(target.index)).isdisjoint(names)

    with lock_folder(target.folder):
        table = read_override_table(target.folder)
        if not table.remove(is_forgotten):
            return ""
        write_override_table(target.folder, table)
    return tr("{file}: rows removed").format(file=OVERRIDES)


def _forget_published(target: ResultsToClean, names: Sequence[str], tr: Translate) -> str:
    return tr("{file}: rows removed").format(file=PUBLISHED) if forget_published(target.folder, names) else ""


def _forget_override_history(target: ResultsToClean, names: Sequence[str], tr: Translate) -> str:
    words = identifying_words(target.people, names)
    with lock_folder(target.folder):
        removed = forget_history(target.folder, names, lambda text: any(mentions_name(text, word) for word in words))
    return tr("{file}: rows removed").format(file=HISTORY) if removed else ""


def _remove_mistake_outcomes(target: ResultsToClean, tr: Translate) -> str:
    """Remove the file with the recorded outcomes of mistakes, because an adopted mistake is a student's code.

    The next run writes the file again.
    """
    return tr("{file}: removed").format(file=MISTAKE_OUTCOMES) if remove_outcome_file(target.folder) else ""


def _forget_in_journal(target: ResultsToClean, names: Sequence[str], tr: Translate) -> str:
    if not (target.folder / JOURNAL_FILE).is_file():
        return ""
    words = identifying_words(target.people, names)
    with Journal(target.folder / JOURNAL_FILE, upgrade=False) as journal:
        number = journal.forget(names, lambda text: any(mentions_name(text, word) for word in words))
    return tr("journal.sqlite: verdicts removed: {number}; the file was rewritten").format(number=number)
