"""Table of the changes of overrides: who changed the score of which student when, and the old and the new score."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from rich.table import Table

from grader.core.language import translator
from grader.grading.results.local_time import local_time
from grader.grading.results.overrides.override_history import How, OverrideChange, OverrideState
from grader.reports.terminal import safe
from grader.submissions.people import display_name
from grader.submissions.submission import SubmissionMetadata


def history_table(
    changes: Sequence[OverrideChange], people: Mapping[str, SubmissionMetadata], language: str
) -> Iterator[Table | str]:
    """Yield a table of the changes in the given order, and a line with their number."""
    tr = translator(language)
    if changes:
        table = Table(box=None, pad_edge=False)
        table.add_column(tr("when"), max_width=16)
        for heading in (tr("who"), tr("student"), tr("function"), tr("change")):
            table.add_column(heading, overflow="fold")
        for change in changes:
            function = safe(change.function or tr("total"))
            texts = (_who(change, tr), display_name(change.student, people), _describe(change, tr))
            who, student, text = map(safe, texts)
            table.add_row(local_time(change.time), who, student, function, text)
        yield table
    yield tr("changes of overrides: {count}").format(count=len(changes))


def _who(change: OverrideChange, tr: Callable[[str], str]) -> str:
    if change.how == How.FILE:
        return tr("edited in the file")
    return change.user or "—"


def _describe(change: OverrideChange, tr: Callable[[str], str]) -> str:
    """Return the old and the new score, the new comment if it differs, and the word "undo" for an undo."""
    parts = [f"{_score(change.old, change.new, tr)} → {_score(change.new, change.old, tr)}"]
    old, new = (state.comment if state else "" for state in (change.old, change.new))
    if old != new:
        parts.append(tr("comment: {text}").format(text=new) if new else tr("comment removed"))
    if change.how == How.UNDO:
        parts.append(tr("undo"))
    return tr("; ").join(parts)


def _score(state: OverrideState | None, other: OverrideState | None, tr: Callable[[str], str]) -> str:
    """Return the score of an override.

    Without an override the automatic score applies. This score is known if the override on the `other` side of the
    change has noted it.
    """
    if state is not None and state.score is not None:
        return f"{state.score:.2f}"
    if other is None or not other.noted:
        return tr("automatic")
    return tr("none") if other.automatic is None else tr("{score:.2f} (automatic)").format(score=other.automatic)
