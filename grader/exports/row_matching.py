"""Who is who: find the rows of an LMS's sheet that belong to our students. Doubt is nobody, and is said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from grader.core.visible_text import visible
from grader.exports.export_data import StudentResult
from grader.submissions.roster_matching import key, name_keys


@dataclass(frozen=True)
class SheetRow:
    """A row of the sheet and what it says of one person: ids in the order in which the LMS itself looks at them."""

    number: int
    ids: tuple[str, ...]
    name: str = ""
    emails: tuple[str, ...] = ()
    group: str = ""


@dataclass(frozen=True)
class Matched:
    """Which student each row belongs to, and why the others have none."""

    rows: dict[int, StudentResult] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


def match(students: Iterable[StudentResult], rows: Sequence[SheetRow], where: str, tr: Callable[[str], str]) -> Matched:
    """Find everybody's row: by id, else by e-mail, else by name. Every member of a group has one."""
    everybody = list(students)
    finder, claims, left_out = _Finder(rows), defaultdict[int, list[StudentResult]](list), list[str]()
    graded = set().union(*(name_keys(student.name or student.id) for student in everybody))
    for student in everybody:
        for known in _known(student, graded):
            found = finder.find(known)
            who = visible(known.shown)
            if not found:
                left_out.append(tr("{who}: not found in {file}, and not written").format(who=who, file=where))
            elif len(found) > 1 and not finder.is_group(known, found):
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
class _Known:
    """What is known of one person who handed in."""

    ids: tuple[str, ...]
    name: str = ""
    email: str = ""

    @property
    def shown(self) -> str:
        """The name, else the id."""
        return self.name or next(iter(self.ids), "")


def _known(student: StudentResult, graded: set[str]) -> list[_Known]:
    """The student, and those of her group who have no verdicts of their own (`graded` are names that have)."""
    own = _Known((student.id, *student.about.ids), student.name, student.email)
    others = [member for member in student.group if name_keys(member).isdisjoint(graded)]
    in_group = not student.group or len(others) < len(student.group)
    return [*([own] if in_group else []), *(_Known((), member) for member in others)]


class _Finder:
    """The rows of a sheet, by everything that a person is known by."""

    def __init__(self, rows: Sequence[SheetRow]) -> None:
        self._by_id: dict[str, list[SheetRow]] = defaultdict(list)
        self._by_email: dict[str, list[SheetRow]] = defaultdict(list)
        self._by_name: dict[str, list[SheetRow]] = defaultdict(list)
        self._by_group: dict[str, list[SheetRow]] = defaultdict(list)
        for row in rows:
            for index, texts in (
                (self._by_id, map(key, row.ids)),
                (self._by_email, map(key, row.emails)),
                (self._by_name, name_keys(row.name)),
                (self._by_group, [key(row.group)]),
            ):
                for text in filter(None, dict.fromkeys(texts)):
                    index[text].append(row)

    def find(self, known: _Known) -> list[SheetRow]:
        """The rows that fit best."""
        for found in (
            _found(self._by_id, map(key, known.ids)),
            _found(self._by_email, map(key, (known.email, *known.ids))),
            _found(self._by_name, name_keys(known.shown)),
            _found(self._by_group, [key(known.shown)]),
        ):
            if found:
                return self._narrowed(found, known)
        return []

    def is_group(self, known: _Known, found: Sequence[SheetRow]) -> bool:
        """Whether these rows are the members of the group that handed in."""
        return bool(known.ids) and all(row.group and key(row.group) == key(known.shown) for row in found)

    def _narrowed(self, found: list[SheetRow], known: _Known) -> list[SheetRow]:
        """Those of several rows that fit in e-mail or name too, if any do."""
        if len(found) < 2:
            return found
        for fits in (
            [row for row in found if known.email and key(known.email) in map(key, row.emails)],
            [row for row in found if known.name and not name_keys(row.name).isdisjoint(name_keys(known.name))],
        ):
            if fits:
                return fits
        return found


def _found(index: Mapping[str, list[SheetRow]], keys: Iterable[str]) -> list[SheetRow]:
    """The rows that any of the keys leads to, each once."""
    return list({row.number: row for text in keys for row in index.get(text, [])}.values())
