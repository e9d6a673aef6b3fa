"""Find the row of each student in a sheet of an LMS. A score whose row is uncertain is reported, not written.

Theory of operation
    A student and a row are compared by exact id, then by id, e-mail address, name and group, in this order; the first
    comparison that finds a row decides. Ids, addresses and groups are equal if their `comparison_key`
    (`submissions.students.look_alikes`) is equal; names, if they share a key of `name_keys`
    (`submissions.roster_matching`).
    If a student matches two rows, or a row matches two students, no score is written, because a score in the wrong row
    is worse than a missing score. Students whose ids look alike get their scores if each exact id is in the sheet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from grader.core.visible_text import show_invisible, visible
from grader.exports.export_data import StudentResult
from grader.submissions.roster_matching import name_keys
from grader.submissions.students.look_alikes import comparison_key, spellings


@dataclass(frozen=True)
class SheetRow:
    """A row of the sheet: its number, counted from 0, and the ids, name, e-mail addresses and group of its person.

    ids: all ids in the row, in the order in which the LMS uses them.
    """

    number: int
    ids: tuple[str, ...]
    name: str = ""
    emails: tuple[str, ...] = ()
    group: str = ""


@dataclass(frozen=True)
class RowMatch:
    """Result of `match_rows`: row number -> student, and one line for each score that cannot be written."""

    rows: dict[int, StudentResult] = field(default_factory=dict)
    unwritten: list[str] = field(default_factory=list)


def match_rows(
    students: Iterable[StudentResult], rows: Sequence[SheetRow], sheet_name: str, tr: Callable[[str], str]
) -> RowMatch:
    """Find the row of each student, and the rows of all members of a group that submitted together.

    sheet_name: name of the sheet, for the lines about scores that cannot be written.
    """
    students = list(students)
    index, students_by_row, unwritten = _RowIndex(rows), defaultdict[int, list[StudentResult]](list), list[str]()
    graded_names = set().union(*(name_keys(student.name or student.id) for student in students))
    for student in students:
        for person in _people(student, graded_names):
            found = index.find(person)
            name = person.shown
            if student.score is None and (not found or len(found) > 1):
                continue  # there is no score to write
            if not found:
                text = tr("{who}: not found in {file}, score not written")
                unwritten.append(text.format(who=name, file=sheet_name))
            elif len(found) > 1 and not index.is_group(person, found):
                numbers = ", ".join(str(row.number + 1) for row in found)
                text = tr("{who}: rows {rows} of {file} match equally well, score not written")
                unwritten.append(text.format(who=name, rows=numbers, file=sheet_name))
            else:
                for row in found:
                    students_by_row[row.number].append(student)
    matched = {}
    for number, candidates in students_by_row.items():
        distinct = list({student.id: student for student in candidates}.values())
        if len(distinct) == 1:
            matched[number] = distinct[0]
        else:
            text = tr("row {row} of {file} matches several students, score not written: {students}")
            names = ", ".join(spellings([student.id for student in distinct]))
            unwritten.append(text.format(row=number + 1, file=sheet_name, students=names))
    return RowMatch(matched, unwritten)


@dataclass(frozen=True)
class _Person:
    """The ids, name and address of one person who submitted."""

    ids: tuple[str, ...]
    name: str = ""
    email: str = ""

    @property
    def label(self) -> str:
        """The name; without a name, the first id."""
        return self.name or next(iter(self.ids), "")

    @property
    def shown(self) -> str:
        """The name; without a name, the first id. Invisible characters are made visible."""
        return visible(self.name) or show_invisible(next(iter(self.ids), ""))


def _people(student: StudentResult, graded_names: set[str]) -> list[_Person]:
    """Return the student, and those members of their group who have no result of their own.

    If no member of the group has a result, the id is that of the group itself, and only its members are returned.

    graded_names: the name keys (`name_keys`) of all students with a result.
    """
    own = _Person((student.id, *student.metadata.ids), student.name, student.email)
    others = [member for member in student.group if name_keys(member).isdisjoint(graded_names)]
    is_member = not student.group or len(others) < len(student.group)
    return [*([own] if is_member else []), *(_Person((), member) for member in others)]


class _RowIndex:
    """Index of the rows of a sheet by id, e-mail address, name and group."""

    def __init__(self, rows: Sequence[SheetRow]) -> None:
        self._by_exact_id: dict[str, list[SheetRow]] = defaultdict(list)
        self._by_id: dict[str, list[SheetRow]] = defaultdict(list)
        self._by_email: dict[str, list[SheetRow]] = defaultdict(list)
        self._by_name: dict[str, list[SheetRow]] = defaultdict(list)
        self._by_group: dict[str, list[SheetRow]] = defaultdict(list)
        for row in rows:
            for index, keys in (
                (self._by_exact_id, row.ids),
                (self._by_id, map(comparison_key, row.ids)),
                (self._by_email, map(comparison_key, row.emails)),
                (self._by_name, name_keys(row.name)),
                (self._by_group, [comparison_key(row.group)]),
            ):
                for key in filter(None, dict.fromkeys(keys)):
                    index[key].append(row)

    def find(self, person: _Person) -> list[SheetRow]:
        """Return the rows that match by id; if there are none, by e-mail address, then by name, then by group."""
        for found in (
            _lookup(self._by_exact_id, person.ids),
            _lookup(self._by_id, map(comparison_key, person.ids)),
            _lookup(self._by_email, map(comparison_key, (person.email, *person.ids))),
            _lookup(self._by_name, name_keys(person.label)),
            _lookup(self._by_group, [comparison_key(person.label)]),
        ):
            if found:
                return self._narrow(found, person)
        return []

    def is_group(self, person: _Person, rows: Sequence[SheetRow]) -> bool:
        """Return whether the id of the person is that of a group, and all these rows belong to members of the group."""
        group = comparison_key(person.label)
        return bool(person.ids) and all(row.group and comparison_key(row.group) == group for row in rows)

    def _narrow(self, rows: list[SheetRow], person: _Person) -> list[SheetRow]:
        """Of several rows, return those that also match by e-mail address, else those that match by name, else all."""
        if len(rows) < 2:
            return rows
        email, names = comparison_key(person.email), name_keys(person.name)
        by_email = [row for row in rows if email and email in map(comparison_key, row.emails)]
        by_name = [row for row in rows if not names.isdisjoint(name_keys(row.name))]
        return by_email or by_name or rows


def _lookup(index: Mapping[str, list[SheetRow]], keys: Iterable[str]) -> list[SheetRow]:
    """Return the rows with any of these keys, each row once."""
    return list({row.number: row for key in keys for row in index.get(key, [])}.values())
