"""`grader forget`: remove the data of students from a results folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from grader.cli.app import app
from grader.cli.locked_results import lock_results
from grader.cli.options import (
    CourseOption,
    LangOption,
    PolicyOption,
    ResultsOption,
    results_folder,
    warn_of_interruption,
)


@app.command()
def forget(
    context: typer.Context,
    student: Annotated[
        str | None, typer.Argument(help="Student: id, id_hash, other id, email address or name.")
    ] = None,
    results: ResultsOption = Path("results"),
    expired: Annotated[
        bool,
        typer.Option(
            "--expired",
            help="Remove all students whose data is older than the policy allows (grader.toml, table keep).",
        ),
    ] = False,
    submissions: Annotated[
        Path | None, typer.Option("--submissions", metavar="DIR", help="Also remove the submissions in this folder.")
    ] = None,
    fixes: Annotated[
        Path | None, typer.Option("--fixes", metavar="DIR", help="Also remove the fixes in this folder.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    course: CourseOption = None,
    policy: PolicyOption = None,
    lang: LangOption = None,
) -> None:
    """Remove a student from journal, results, grades, pages and overrides.

    Exit code: 0 when no file contains a removed name any more, 1 when a file still does or you did not confirm.

    Examples:
      grader forget 70005 --results results
      grader forget --expired --submissions submissions
    """
    from grader.core.errors import UsageError
    from grader.core.language import choose_language, translator
    from grader.reports.forgetting.remaining_files import find_remaining_files
    from grader.reports.forgetting.student_removal import forget_students
    from grader.reports.forgetting.students_to_forget import find_results_to_clean
    from grader.reports.terminal import safe

    if (student is None) != expired:
        raise UsageError("Name one student, or pass --expired, but not both.")
    folder, language = results_folder(results, journal_suffices=True), choose_language(lang)
    tr, console = translator(language), Console(highlight=False)
    # Without --yes this command waits for an answer, so other commands must not wait for it.
    lock_results(context, folder, whole_run=not yes)
    warn_of_interruption(folder, language)
    target = find_results_to_clean(folder, course, policy, tr)
    students = target.select_named(student) if student is not None else target.select_expired(submissions is not None)
    if expired and submissions is None and target.keep.submissions_days is not None:
        text = tr(
            "The policy keeps submissions for {days} days. To remove older ones, name their folder: --submissions DIR"
        )
        console.print(text.format(days=target.keep.submissions_days))
    if not students.results_of and not students.submissions_of:
        console.print(tr("No data is older than the policy allows."))
        return
    for ids, words, is_shown in (
        (students.results_of, tr("Results of: {students}"), True),
        (students.submissions_of, tr("Submissions of: {students}"), submissions is not None),
    ):
        if is_shown:
            console.print(safe(words.format(students=", ".join(map(target.index.spelling, ids)) or "—")))
    if not yes and not typer.confirm(tr("Remove this data? It cannot be restored.")):
        console.print(tr("Nothing was changed."))
        raise typer.Exit(1)
    for line in forget_students(target, students, submissions, language, tr, fixes):
        console.print(safe(line))
    remaining = list(find_remaining_files(target, students.results_of, submissions, fixes))
    for path in remaining:
        text = tr("The name is still in this file: {path}").format(path=path)
        console.print(f"[bold red]{safe(text)}[/]")
    beyond = tr("Not removed: backups and copies of these files, grades already uploaded or sent")
    console.print(beyond if submissions else tr("{beyond}, and the submissions").format(beyond=beyond))
    if remaining:
        raise typer.Exit(1)
