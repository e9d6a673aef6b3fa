"""What is worth a line about a download that was read: names left out, names that a person could take for one."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from pathlib import PurePosixPath

from grader.submissions.layouts.detection import Choice
from grader.submissions.members.tree import Handed, Translate, is_stub, names

MOST = 5
"""Students that a line names."""

COPY = re.compile(r"(?P<stem>.+?)(?: ?\(\d+\)| ?-\d+|[ _]?v\d+| ?- ?(?:copy|副本|kopie|copia|copie).*)", re.IGNORECASE)
"""What programs call another file of the same name."""


def notes(choice: Choice, stubs: Collection[str], tr: Translate) -> list[str]:
    """One line for each."""
    return list(_notes(choice, stubs, tr))


def _notes(choice: Choice, stubs: Collection[str], tr: Translate) -> Iterator[str]:
    if choice.strangers:
        words = tr("not named as {layout} does, read as students of their own: {names}")
        yield words.format(layout=choice.layout, names=names(choice.strangers))
    if choice.left_out:
        yield tr("left out, since it is nobody's work: {names}").format(names=names(choice.left_out))
    if copies := list(_copies(choice.handed, stubs)):
        yield tr("copies of a file, of which the one with the stub's own name counts: {names}").format(
            names="; ".join(copies[:MOST]) + ("; …" if len(copies) > MOST else "")
        )
    for alike in _alike(choice.handed):
        yield tr("one student or several? The names differ in little: {names}").format(names=names(alike))


def _copies(found: Sequence[Handed], stubs: Collection[str]) -> Iterator[str]:
    """Students who handed in a stub file and a copy of it: `70006: ex1.py, ex1 (1).py`."""
    for handed in found:
        paths = [PurePosixPath(member.parts[-1]) for member in handed.members if member.is_source]
        stems = {path: copy["stem"] for path in paths if (copy := COPY.fullmatch(path.stem))}
        homes = [path for path in paths if is_stub(path.name, stubs) and path.stem in stems.values()]
        copies = [path for path, stem in stems.items() if stem in {home.stem for home in homes}]
        if copies:
            yield f"{handed.student}: {names([path.name for path in (*homes, *copies)])}"


def _alike(found: Sequence[Handed]) -> Iterator[list[str]]:
    """Students whose names differ in capitals, in how accents are written, or in an ending alone."""
    by_key: defaultdict[str, set[str]] = defaultdict(set)
    for handed in found:
        stem, _, ending = handed.student.rpartition(".")
        short = stem if stem and ending.lower() in ("py", "ipynb", "zip", "gz", "tgz", "tar", "rar", "7z") else ""
        key = unicodedata.normalize("NFKC", short or handed.student).casefold()
        by_key[key.removesuffix(".tar")].add(handed.student)
    return (sorted(students) for students in by_key.values() if len(students) > 1)
