"""Warnings about the names in a download: ignored names, copies of a file, similar names that one student may have."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from pathlib import PurePosixPath

from grader.core.visible_text import join_names
from grader.submissions.layouts.detection import LayoutChoice
from grader.submissions.members.tree import DownloadedAttempt, Translate, is_stub
from grader.submissions.students.look_alikes import id_key, spellings

COPY = re.compile(r"(?P<stem>.+?)(?: ?\(\d+\)| ?-\d+|[ _]?v\d+| ?- ?(?:copy|副本|kopie|copia|copie).*)", re.IGNORECASE)
"""The stem of a copy of a file, as browsers and file managers name it: `ex1 (1)`, `ex1 - copy`."""


def download_warnings(
    choice: LayoutChoice, results_folders: Sequence[str], stubs: Collection[str], tr: Translate
) -> list[str]:
    """Return the warnings about a download, one line each.

    `results_folders` are the results folders in it, `stubs` the names of the stub files.
    """
    lines = []
    if results_folders:
        lines.append(tr("passed over, results of the grader: {names}").format(names=join_names(results_folders)))
    return [*lines, *_warnings(choice, stubs, tr)]


def _warnings(choice: LayoutChoice, stubs: Collection[str], tr: Translate) -> Iterator[str]:
    if choice.unmatched:
        words = tr("names that do not follow the {layout} layout, each read as one student: {names}")
        yield words.format(layout=choice.layout, names=join_names(choice.unmatched))
    if choice.ignored:
        yield tr("ignored, not a submission: {names}").format(names=join_names(choice.ignored))
    if copies := list(_copies(choice.attempts, stubs)):
        yield tr("several copies of a file; the one with the name of the stub is graded: {names}").format(
            names=join_names(copies, separator="; ")
        )
    for students in _similar_names(choice.attempts):
        yield tr("similar names, read as different students: {names}").format(names=join_names(students))


def _copies(attempts: Sequence[DownloadedAttempt], stubs: Collection[str]) -> Iterator[str]:
    """Yield each student who submitted a stub file and a copy of it: `70006: ex1.py, ex1 (1).py`."""
    for attempt in attempts:
        paths = [PurePosixPath(member.parts[-1]) for member in attempt.members if member.is_source]
        stems = {path: copy["stem"] for path in paths if (copy := COPY.fullmatch(path.stem))}
        originals = [path for path in paths if is_stub(path.name, stubs) and path.stem in stems.values()]
        copies = [path for path, stem in stems.items() if stem in {original.stem for original in originals}]
        if copies:
            yield f"{attempt.student}: {join_names([path.name for path in (*originals, *copies)])}"


def _similar_names(attempts: Sequence[DownloadedAttempt]) -> Iterator[list[str]]:
    """Yield students whose names look alike (`students.look_alikes`), or do without a file suffix, as visible texts."""
    by_key: defaultdict[str, set[str]] = defaultdict(set)
    for attempt in attempts:
        stem, _, suffix = attempt.student.rpartition(".")
        short = stem if stem and suffix.lower() in ("py", "ipynb", "zip", "gz", "tgz", "tar", "rar", "7z") else ""
        by_key[id_key(short or attempt.student).removesuffix(".tar")].add(attempt.student)
    return (spellings(sorted(students)) for students in by_key.values() if len(students) > 1)
