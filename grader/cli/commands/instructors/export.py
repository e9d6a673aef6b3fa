"""`grader export`: write graded results in the format of an LMS or another program."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from grader.cli.app import app
from grader.cli.options import CourseOption, LangOption, PolicyOption, course_near, warn_of_interruption

if TYPE_CHECKING:
    from grader.exports.export_data import ClassResults, ExportSummary

MAX_LISTED_FILES = 4
"""Maximum number of files that the output lists by name."""


def _targets() -> str:
    from grader.exports.target_lookup import target_names

    return "|".join(target_names())


@app.command()
def export(
    results: Annotated[Path, typer.Argument(metavar="DIR", help="Results folder of `grader grade --out`.")],
    to: Annotated[str, typer.Option("--to", metavar=_targets(), help="Target system.")],
    into: Annotated[
        Path | None, typer.Option("--into", help="File or folder to write. A dry run with --from needs none.")
    ] = None,
    template: Annotated[
        Path | None,
        typer.Option("--from", "--template", metavar="FILE", help="Gradebook or worksheet downloaded from the LMS."),
    ] = None,
    title: Annotated[str, typer.Option("--title", help="Heading of the column in a Canvas gradebook.")] = "",
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Write nothing: show, student by student, which scores would change in the LMS."
        ),
    ] = False,
    course: CourseOption = None,
    policy: PolicyOption = None,
    lang: LangOption = None,
) -> None:
    """Export graded results to an LMS or another program.

    Exit code: 0 when the files contain the score of every submission, 1 when a score is missing, overrides.csv has
    changes that the results lack, or the last run was interrupted.

    Examples:
      grader export results --to canvas --from gradebook.csv --dry-run
      grader export results --to canvas --from gradebook.csv --into grades.csv
    """
    from grader.core.language import choose_language
    from grader.exports.bonus_note import bonus_note
    from grader.exports.dry_run import preview_parts
    from grader.exports.export_data import ExportOptions
    from grader.exports.export_report import count_line
    from grader.exports.pending_overrides import pending_overrides
    from grader.exports.results_loader import load_class_results
    from grader.exports.target_lookup import load_target, score_reader
    from grader.reports.comparison.published_comparison import lines_of_folder
    from grader.reports.terminal import safe

    language = choose_language(lang)
    writer = load_target(to)
    view = _student_view(course, policy, results, language)
    found = load_class_results(results, view)
    was_interrupted = warn_of_interruption(results, language)
    pending = pending_overrides(results, found)
    options = ExportOptions(_path_to_write(into, template, dry_run), template, title, {} if dry_run else None)
    done = writer.export(found, options)
    console = Console(highlight=False)
    tr = found.tr
    if view.without_messages:
        text = tr("No course found: students see claims without messages. To show messages, add --course DIR")
        console.print(f"[bold yellow]![/] {safe(text)}", soft_wrap=True)
    for line in [*pending, *lines_of_folder(results, language)]:
        console.print(f"[bold yellow]![/] {safe(line)}", soft_wrap=True)
    for line in filter(None, [bonus_note(to, found), *done.notes]):
        console.print(safe(line), soft_wrap=True)
    if dry_run:
        for part in preview_parts(found, options, done, score_reader(writer)):
            console.print(part)
    else:
        _print_files(console, found, done, options.into)
    console.print(safe(count_line(found, done.unwritten)), soft_wrap=True)
    lacks_scores = any(student.score is None and not student.is_skipped for student in found.students)
    if was_interrupted or pending or done.unwritten or lacks_scores:
        raise typer.Exit(1)


def _path_to_write(into: Path | None, template: Path | None, dry_run: bool) -> Path:
    """Return the path of --into. Raises UsageError if it is missing and needed.

    A dry run with a file of the LMS writes nothing, so it does not need --into. In such a dry run, this function
    returns any path.
    """
    from grader.core.errors import UsageError

    if into is not None:
        return into
    if dry_run and template is not None:
        return template.with_name(f"{template.stem}-export.csv")
    raise UsageError("Pass --into PATH, the file or folder to write")


def _print_files(console: Console, found: ClassResults, done: ExportSummary, into: Path) -> None:
    """Write the details file of an export, and print which files were written."""
    from grader.exports.export_report import write_details
    from grader.reports.terminal import safe

    tr, details = found.tr, write_details(found, done.unwritten, into, done.students_not_written(found))
    if len(done.files) > MAX_LISTED_FILES:
        written = tr("files in {folder}: {count}").format(count=len(done.files), folder=into)
    else:
        written = ", ".join(map(str, done.files))
    console.print(safe(tr("Written: {files}").format(files=written)), soft_wrap=True)
    if details:
        console.print(safe(tr("Details: {file}").format(file=details)), soft_wrap=True)


def _student_view(course: Path | None, policy: Path | None, results: Path, language: str):  # type: ignore[no-untyped-def]  # loaded lazily
    """Return what students may see by the policy of the course; if no course is found, by the default policy.

    Raises UsageError.
    """
    from grader.core.errors import UsageError
    from grader.core.language import translator
    from grader.course.library import open_library
    from grader.exports.results_loader import StudentView
    from grader.grading.policy.policy import Policy
    from grader.grading.policy.policy_file import find_policy_file, read_policy

    try:
        root = course_near(course, results)
    except UsageError:
        if course is not None:
            raise
        return StudentView(Policy(), None, language)
    library = open_library(root)
    rules = read_policy(find_policy_file(policy, root), library.course, translator(language))
    return StudentView(rules, library, language)
