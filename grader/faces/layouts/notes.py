"""What is worth a line about a download that was read: names left out, names that a person could take for one."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence

from grader.faces.layouts.detect import Choice
from grader.faces.layouts.tree import Handed, Translate, names


def notes(choice: Choice, tr: Translate) -> list[str]:
    """One line for each."""
    return list(_notes(choice, tr))


def _notes(choice: Choice, tr: Translate) -> Iterator[str]:
    if choice.strangers:
        words = tr("not named as {layout} does, read as students of their own: {names}")
        yield words.format(layout=choice.layout, names=names(choice.strangers))
    if choice.left_out:
        yield tr("left out, since it is nobody's work: {names}").format(names=names(choice.left_out))
    for alike in _alike(choice.handed):
        yield tr("one student or several? The names differ in little: {names}").format(names=names(alike))


def _alike(found: Sequence[Handed]) -> Iterator[list[str]]:
    """Students whose names differ in capitals, in how accents are written, or in an ending alone."""
    by_key: defaultdict[str, set[str]] = defaultdict(set)
    for handed in found:
        stem, _, ending = handed.student.rpartition(".")
        short = stem if stem and ending.lower() in ("py", "ipynb", "zip", "gz", "tgz", "tar", "rar", "7z") else ""
        key = unicodedata.normalize("NFKC", short or handed.student).casefold()
        by_key[key.removesuffix(".tar")].add(handed.student)
    return (sorted(students) for students in by_key.values() if len(students) > 1)
