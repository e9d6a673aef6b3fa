"""Find the rows of an LMS's sheet that belong to our students. Doubtful rows are not written, but reported.

Theory of operation
    A student and a row are compared by exact ids first. Then ids, addresses and groups are compared by
    `comparison_key` of `submissions.students.look_alikes`, and names by `name_keys` of `submissions.roster_matching`.
    Ids come first, then addresses, names, and groups. If a student matches two rows, or a row matches two students, no
    score is written: a score in the wrong row would be worse than none. If several ids look alike, each of them gets a
    score if the sheet has all of them, and none gets a score if a row may belong to several.
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
    """A row of the sheet: its number, counted from 0, and its person.

    `ids` are in the order in which the LMS uses them.
    """

    number: int
    ids: tuple[str, ...]
    name: str = ""
    emails: tuple[str, ...] = ()
    group: str = ""


@dataclass(frozen=True)
class RowMatch:
    """The student for each row number, and one line for each student whose score cannot be written."""

    rows: dict[int, StudentResult] = field(default_factory=dict)
    unwritten: list[str] = field(default_factory=list)


def match_rows(
    students: Iterable[StudentResult], rows: Sequence[SheetRow], sheet_name: str, tr: Callable[[str], str]
) -> RowMatch:
    """Find the rows of each student, and of each member of a group: by id, else by e-mail address, else by name."""
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
        """The name, else the first id."""
        return self.name or next(iter(self.ids), "")

    @property
    def shown(self) -> str:
        """The name, else the first id with its invisible characters as escapes."""
        return visible(self.name) or show_invisible(next(iter(self.ids), ""))


def _people(student: StudentResult, graded_names: set[str]) -> list[_Person]:
    """Return the student, and the members of their group who have no separate result.

    `graded_names` holds the name keys (`name_keys`) of all students with a result.
    """
    own = _Person((student.id, *student.metadata.ids), student.name, student.email)
    others = [member for member in student.group if name_keys(member).isdisjoint(graded_names)]
    is_member = not student.group or len(others) < len(student.group)
    return [*([own] if is_member else []), *(_Person((), member) for member in others)]


class _RowIndex:
    """The rows of a sheet, by each kind of key."""

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
        """Return the rows that match by id, else by e-mail address, name or group, in this order; empty if none do."""
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
        """Return whether the person is a group, and all rows are rows of its members."""
        group = comparison_key(person.label)
        return bool(person.ids) and all(row.group and comparison_key(row.group) == group for row in rows)

    def _narrow(self, rows: list[SheetRow], person: _Person) -> list[SheetRow]:
        """Return the rows that also match by e-mail address, or else by name; if no row does, return all rows."""
        if len(rows) < 2:
            return rows
        email, names = comparison_key(person.email), name_keys(person.name)
        by_email = [row for row in rows if email and email in map(comparison_key, row.emails)]
        by_name = [row for row in rows if not names.isdisjoint(name_keys(row.name))]
        return by_email or by_name or rows


def _lookup(index: Mapping[str, list[SheetRow]], keys: Iterable[str]) -> list[SheetRow]:
    """Return the rows of all keys, each once."""
    return list({row.number: row for key in keys for row in index.get(key, [])}.values())
