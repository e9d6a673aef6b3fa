"""`grader forget`: remove students from results, for good."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from grader.cli.app import app
from grader.cli.options import CourseOption, LangOption, PolicyOption, ResultsOption, results_folder


@app.command()
def forget(
    student: Annotated[str | None, typer.Argument(help="Whom to forget: id, other id, address or name.")] = None,
    results: ResultsOption = Path("results"),
    expired: Annotated[
        bool, typer.Option("--expired", help="Forget everybody whose time is over by the policy (keep).")
    ] = False,
    submissions: Annotated[
        Path | None, typer.Option("--submissions", metavar="DIR", help="Also remove what was handed in, from here.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    course: CourseOption = None,
    policy: PolicyOption = None,
    lang: LangOption = None,
) -> None:
    """Remove a student from journal, results, grades, pages and overrides; exit code 1 when a name is left."""
    from grader.core.errors import UsageError
    from grader.core.language import choose_language, translator
    from grader.reports import forgetting
    from grader.reports.terminal import safe

    if (student is None) != expired:
        raise UsageError("name one student, or say --expired, and not both")
    folder, language = results_folder(results), choose_language(lang)
    tr, console = translator(language), Console(highlight=False)
    place = forgetting.find_place(folder, course, policy, tr)
    who = place.named(student) if student is not None else place.expired(submissions is not None)
    if expired and submissions is None and place.keep.submissions_days is not None:
        words = tr("submissions may go after {days} days: name their folder with --submissions")
        console.print(words.format(days=place.keep.submissions_days))
    if not who.names and not who.works:
        console.print(tr("nobody's time is over"))
        return
    console.print(safe(tr("results of: {students}").format(students=", ".join(who.names) or "—")))
    if submissions:
        console.print(safe(tr("submissions of: {students}").format(students=", ".join(who.works) or "—")))
    if not yes and not typer.confirm(tr("Forget them for good?")):
        console.print(tr("nothing was changed"))
        raise typer.Exit(1)
    for line in forgetting.forget(place, who, submissions, language, tr):
        console.print(safe(line))
    left = list(forgetting.left_over(place, who.names, submissions))
    for path in left:
        words = tr("{path}: the name still stands in it").format(path=path)
        console.print(f"[bold red]{safe(words)}[/]")
    beyond = tr("Not removed: backups, copies of these files, grades that were uploaded or sent")
    console.print(beyond if submissions else tr("{beyond}, and the submission itself").format(beyond=beyond))
    if left:
        raise typer.Exit(1)
