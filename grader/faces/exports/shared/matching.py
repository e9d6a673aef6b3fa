"""Who is who: find the rows of an LMS's sheet that belong to our students. Doubt is nobody, and is said."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from grader.core.text import visible
from grader.faces.exports.shared.results import Student

T = TypeVar("T")


@dataclass(frozen=True)
class Row:
    """A row of the sheet and what it says of one person: ids in the order in which the LMS itself looks at them."""

    number: int
    ids: tuple[str, ...]
    name: str = ""
    emails: tuple[str, ...] = ()
    group: str = ""


@dataclass(frozen=True)
class Matched:
    """Which student each row belongs to, and why the others have none."""

    rows: dict[int, Student] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


def match(students: Iterable[Student], rows: Sequence[Row], where: str, tr: Callable[[str], str]) -> Matched:
    """Find everybody's row: by id, else by e-mail, else by name. Every member of a group has one."""
    finder, claims, left_out = _Finder(rows), defaultdict[int, list[Student]](list), list[str]()
    for student in students:
        for key in _keys(student):
            found = finder.find(key)
            who = visible(key.shown)
            if not found:
                left_out.append(tr("{who}: not found in {file}, and not written").format(who=who, file=where))
            elif len(found) > 1 and not finder.is_group(key, found):
                numbers = ", ".join(str(row.number + 1) for row in found)
                text = tr("{who}: rows {rows} of {file} fit equally well, none was written")
                left_out.append(text.format(who=who, rows=numbers, file=where))
            else:
                for row in found:
                    claims[row.number].append(student)
    matched = {}
    for number, wanted in claims.items():
        owners = list({student.id: student for student in wanted}.values())
        if len(owners) == 1:
            matched[number] = owners[0]
        else:
            text = tr("row {row} of {file} fits {students}: it was not written")
            names = ", ".join(visible(student.id) for student in owners)
            left_out.append(text.format(row=number + 1, file=where, students=names))
    return Matched(matched, left_out)


@dataclass(frozen=True)
class _Key:
    """What is known of one person who handed in."""

    ids: tuple[str, ...]
    name: str = ""
    email: str = ""

    @property
    def shown(self) -> str:
        """The name, else the id."""
        return self.name or next(iter(self.ids), "")


def _keys(student: Student) -> list[_Key]:
    """The student; of a group, every member."""
    if len(student.group) < 2:
        return [_Key((student.id, *student.about.ids), student.name, student.email)]
    own = _words(student.name or student.id)
    return [
        _Key((student.id, *student.about.ids), member, student.email) if _words(member) == own else _Key((), member)
        for member in student.group
    ]


class _Finder:
    def __init__(self, rows: Sequence[Row]) -> None:
        self._by_id: dict[str, list[Row]] = defaultdict(list)
        self._by_email: dict[str, list[Row]] = defaultdict(list)
        self._by_name: dict[tuple[str, ...], list[Row]] = defaultdict(list)
        self._by_group: dict[tuple[str, ...], list[Row]] = defaultdict(list)
        for row in rows:
            for text in dict.fromkeys(map(_folded, filter(None, row.ids))):
                self._by_id[text].append(row)
            for text in dict.fromkeys(map(_folded, filter(None, row.emails))):
                self._by_email[text].append(row)
            if words := _words(row.name):
                self._by_name[words].append(row)
            if group := _words(row.group):
                self._by_group[group].append(row)

    def find(self, key: _Key) -> list[Row]:
        """The rows that fit best."""
        for found in (
            _found(self._by_id, map(_folded, key.ids)),
            _found(self._by_email, map(_folded, filter(None, (key.email, *key.ids)))),
            _found(self._by_name, [_words(key.shown)]),
            _found(self._by_group, [_words(key.shown)]),
        ):
            if found:
                return self._narrowed(found, key)
        return []

    def is_group(self, key: _Key, found: Sequence[Row]) -> bool:
        """Whether these rows are the members of the group that handed in."""
        return bool(key.ids) and all(row.group and _words(row.group) == _words(key.shown) for row in found)

    def _narrowed(self, found: list[Row], key: _Key) -> list[Row]:
        """Those of several rows that fit in name or e-mail too, if any do."""
        if len(found) < 2:
            return found
        for fits in (
            [row for row in found if key.email and _folded(key.email) in map(_folded, row.emails)],
            [row for row in found if key.name and _words(row.name) == _words(key.name)],
        ):
            if fits:
                return fits
        return found


def _found(index: Mapping[T, list[Row]], keys: Iterable[T]) -> list[Row]:
    """The rows of the first key that has any."""
    return next((index[key] for key in keys if key in index), [])


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _words(name: str) -> tuple[str, ...]:
    """A name as its words in any order: "Doe, Jane" is Jane Doe."""
    return tuple(sorted(re.findall(r"\w+", _folded(name))))
