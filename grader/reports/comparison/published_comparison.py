"""Report which published scores have changed: after a run or an export, on the class page, and in `grader publish`."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rich.table import Table

from grader.core.errors import UsageError
from grader.core.language import translator
from grader.core.visible_text import visible
from grader.grading.results.final_result import FinalResult
from grader.grading.results.local_time import local_time
from grader.grading.results.published_scores import (
    PUBLISHED,
    Publication,
    PublishedChanges,
    PublishedScores,
    ScoreChange,
    compare_with_published,
    read_published,
)
from grader.grading.results.result_files import read_final_results
from grader.reports.terminal import safe
from grader.submissions.people import display_name
from grader.submissions.submission import SubmissionMetadata

MAX_NAMED = 8
"""Maximum number of students named after a run, after an export, and on the class page."""


class PublicationReport:
    """Collects the scores of a results folder that changed since they were published.

    Call `add` with each final result. If published.json cannot be read, `lines` returns that error, and nothing is
    raised.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._error: UsageError | None = None
        try:
            self._found = PublishedChanges(read_published(folder))
        except UsageError as error:
            self._found, self._error = PublishedChanges(None), error

    def add(self, result: FinalResult) -> None:
        """Compare the scores of one student with the published ones."""
        self._found.add(result)

    def lines(self, language: str) -> list[str]:
        """Return lines for the terminal on scores that changed; empty if none changed or none are published."""
        if self._error:
            return [self._error.say(language)]
        return change_lines(self._found.published, self._found.changes(), self._folder, language)

    def page_lines(self, language: str) -> list[str]:
        """Return lines for the class page: when the scores were published, and which scores changed since then."""
        published = self._found.published
        if published is None:
            return [self._error.say(language)] if self._error else []
        return [describe_publication(published, language), *self.lines(language)]


def lines_of_folder(folder: Path, language: str) -> list[str]:
    """Return lines about the scores of a results folder that changed since they were published; empty if none changed.

    The lines name at most MAX_NAMED students and count the others. Raises UsageError.
    """
    if not (folder / PUBLISHED).exists():
        return []
    report = PublicationReport(folder)
    for result in read_final_results(folder):
        report.add(result)
    return report.lines(language)


def changes_of_folder(folder: Path) -> tuple[PublishedScores | None, list[ScoreChange]]:
    """Return the published scores of a results folder, and all scores that changed since then. Raises UsageError."""
    published = read_published(folder)
    return published, compare_with_published(published, read_final_results(folder) if published else [])


def describe_publication(published: PublishedScores | Publication, language: str) -> str:
    """Return "Published on DATE by NAME"."""
    tr = translator(language)
    if not published.user:
        return tr("Published on {time}.").format(time=local_time(published.time))
    return tr("Published on {time} by {user}.").format(time=local_time(published.time), user=visible(published.user))


def change_lines(
    published: PublishedScores | None, changes: Sequence[ScoreChange], folder: Path, language: str
) -> list[str]:
    """Return a heading, a line for each changed student up to MAX_NAMED, and the command that publishes the scores."""
    if published is None or not changes:
        return []
    tr = translator(language)
    heading = tr("Scores changed since they were published on {time} (students: {count}):")
    lines = [heading.format(time=local_time(published.time), count=len(changes))]
    lines += [_change_line(change, tr) for change in changes[:MAX_NAMED]]
    near = folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
    name = shlex.quote(str(near))
    if len(changes) > MAX_NAMED:
        more = tr("… and {more} more. To see all, run: grader publish {folder} --show")
        lines.append(more.format(more=len(changes) - MAX_NAMED, folder=name))
    words = tr("After you have given the new scores to the students, run: grader publish {folder}")
    return [*lines, words.format(folder=name)]


def _change_line(change: ScoreChange, tr: Callable[[str], str]) -> str:
    who = display_name(change.student, {change.student: SubmissionMetadata(name=change.name)})
    before, after = _totals(change, tr)
    functions = _function_text(change, tr)
    total = f"{before} → {after}"
    return visible(f"{who}: {total} ({functions})" if functions else f"{who}: {total}")


def _totals(change: ScoreChange, tr: Callable[[str], str]) -> tuple[str, str]:
    before = tr("not published") if change.before is None else _points(change.before.total, tr)
    after = tr("not in the results") if change.after is None else _points(change.after.total, tr)
    return before, after


def _function_text(change: ScoreChange, tr: Callable[[str], str]) -> str:
    """Return the functions whose score changed; empty for a student who is new or gone."""
    if change.before is None or change.after is None:
        return ""
    return ", ".join(f"{f} {_points(a, tr)} → {_points(b, tr)}" for f, (a, b) in change.functions.items())


def _points(score: float | None, tr: Callable[[str], str]) -> str:
    return tr("none") if score is None else f"{score:.2f}"


def change_tables(changes: Sequence[ScoreChange], language: str) -> Iterator[Table | str]:
    """Yield a table of all students whose scores changed, and a line with their number."""
    tr = translator(language)
    if changes:
        table = Table(box=None, pad_edge=False)
        table.add_column(tr("student"), overflow="fold")
        for heading in (tr("published"), tr("now")):
            table.add_column(heading, justify="right", overflow="fold")
        table.add_column(tr("functions"), overflow="fold")
        for change in changes:
            who = display_name(change.student, {change.student: SubmissionMetadata(name=change.name)})
            table.add_row(safe(who), *map(safe, (*_totals(change, tr), _function_text(change, tr))))
        yield table
    yield tr("students whose scores changed since publication: {count}").format(count=len(changes))
