"""Warnings about the names in a download: ignored names, and similar names that may belong to one student."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from grader.core.visible_text import join_names
from grader.submissions.layouts.detection import LayoutChoice
from grader.submissions.members.tree import DownloadedAttempt, Translate
from grader.submissions.students.look_alikes import id_key, spellings


def download_warnings(
    choice: LayoutChoice, results_folders: Sequence[str], skipped: Sequence[str], tr: Translate
) -> list[str]:
    """Return the warnings about a download, one line each.

    `results_folders` are the results folders in the download, `skipped` are its folders whose names begin with a dot.
    """
    lines = []
    if skipped:
        words = tr("ignored folders whose names begin with a dot ({count}): {names}")
        lines.append(words.format(count=len(skipped), names=join_names(skipped)))
    if results_folders:
        lines.append(tr("ignored results folders of the grader: {names}").format(names=join_names(results_folders)))
    return [*lines, *_warnings(choice, tr)]


def _warnings(choice: LayoutChoice, tr: Translate) -> Iterator[str]:
    if choice.unmatched:
        words = tr("names that do not follow the {layout} layout, each read as one student: {names}")
        yield words.format(layout=choice.layout, names=join_names(choice.unmatched))
    if choice.ignored:
        yield tr("ignored, not a submission: {names}").format(names=join_names(choice.ignored))
    for students in _similar_names(choice.attempts):
        yield tr("similar names, read as different students: {names}").format(names=join_names(students))


def _similar_names(attempts: Sequence[DownloadedAttempt]) -> Iterator[list[str]]:
    """Yield groups of names that look alike (`students.look_alikes`), with or without the suffix of a file.

    Each group is written so that a reader sees the differences between its names.
    """
    by_key: defaultdict[str, set[str]] = defaultdict(set)
    for attempt in attempts:
        stem, _, suffix = attempt.student.rpartition(".")
        short = stem if stem and suffix.lower() in ("py", "ipynb", "zip", "gz", "tgz", "tar", "rar", "7z") else ""
        by_key[id_key(short or attempt.student).removesuffix(".tar")].add(attempt.student)
    return (spellings(sorted(students)) for students in by_key.values() if len(students) > 1)
