"""`grader similar`: list submissions that have much in common."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from grader.cli.app import app
from grader.cli.options import CourseOption, LangOption, LayoutOption, RosterOption, course_near


@app.command()
def similar(
    submissions: Annotated[Path, typer.Argument(help="Submissions, in a layout that `grader grade` reads.")],
    out: Annotated[Path, typer.Option("--out", help="HTML page to write.")] = Path("similar.html"),
    at_least: Annotated[
        int,
        typer.Option(
            "--at-least",
            min=1,
            max=100,
            metavar="PERCENT",
            help="Minimum percentage that two listed submissions have in common.",
        ),
    ] = 80,
    course: CourseOption = None,
    layout: LayoutOption = "auto",
    roster: RosterOption = None,
    lang: LangOption = None,
) -> None:
    """List submissions that have much in common, for an instructor to look at.

    Files that are identical apart from comments and blanks are always listed, unless they are unchanged stubs. In other
    files, code from stubs and solutions does not count. A high percentage does not prove that anybody copied.

    Examples:
      grader similar submissions --out similar.html
    """
    from grader.core.errors import UsageError
    from grader.core.language import choose_language, translator
    from grader.core.visible_text import visible
    from grader.course.library import open_library
    from grader.execution.host.archive_extraction import ArchiveExtractor
    from grader.grading.runs.archive_opening import FreshArchives
    from grader.reports.terminal import progress
    from grader.submissions.class_submissions import latest_attempts, read_class_submissions

    try:
        from grader.reports.pages.similar_page import display_name_of, write_similar
        from grader.reports.similarity import SimilarityComparison, compare_class
    except ModuleNotFoundError as missing:
        raise UsageError(
            "{package} is not installed. Install it: {cure}",
            package=missing.name,
            cure="pip install 'autograded[instructor]'",
        ) from None

    language = choose_language(lang)
    tr, console = translator(language), Console(highlight=False)
    library = open_library(course_near(course, submissions))
    stubs = {files.file for files in library.exercise_files.values()}
    handed_in = latest_attempts(read_class_submissions(submissions, stubs, layout, roster, language).attempts)
    comparison = SimilarityComparison(0, [])
    with ArchiveExtractor("auto") as extractor:
        steps = compare_class(handed_in, library, at_least / 100, FreshArchives(extractor).open)
        for step in progress(Console(stderr=True), steps, len(handed_in) + 1, tr("comparing")):
            if isinstance(step, SimilarityComparison):
                comparison = step
    people = {submission.student: submission.metadata for submission in handed_in}
    write_similar(out, comparison, people, language)
    for group in comparison.identical[:20]:
        names = ", ".join(visible(display_name_of(student, people)) for student in group.students)
        words = (
            tr("the same file, byte for byte") if group.is_exact else tr("the same code apart from comments and blanks")
        )
        console.print(f"{words}: {names} ({visible(', '.join(group.files))})", markup=False)
    for cluster in comparison.clusters[:20]:
        names = ", ".join(visible(display_name_of(student, people)) for student in cluster.students)
        console.print(f"{int(100 * cluster.pairs[0].share)} %  {names}", markup=False)
    console.print(
        tr(
            "Groups: {groups}, students: {students}. This list proves nothing; talk to the students before "
            "drawing conclusions. Page: {out}"
        ).format(groups=len(comparison.clusters), students=len(handed_in), out=out),
        markup=False,
    )
