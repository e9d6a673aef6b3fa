"""List the ids that look alike, and the names that several students share, so that nobody confuses two students."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from rich.table import Table

from grader.core.visible_text import show_invisible, visible
from grader.reports.terminal import safe
from grader.submissions.students.look_alikes import ID_HASH, comparison_key, id_hash, look_alike_groups, spellings
from grader.submissions.submission import SubmissionMetadata

MAX_GROUPS = 10
"""Maximum number of groups of ids, and of shared names, that are listed."""
MAX_STUDENTS = 8
"""Maximum number of students that are listed of one group."""


@dataclass(frozen=True)
class SharedNames:
    """Groups of ids that look alike (`ids`), and names that several students have, each with their ids (`names`).

    A name is left out if all its students are in one group of `ids`. `people` holds all students of the class.
    """

    ids: list[tuple[str, ...]]
    names: dict[str, list[str]]
    people: Mapping[str, SubmissionMetadata]

    def lines(self, tr: Callable[[str], str]) -> Iterator[str]:
        """Yield the lines for a page: one for each group of ids that look alike, and one for each shared name."""
        for group in self.ids[:MAX_GROUPS]:
            shown = zip(spellings(group), group, strict=True)
            students = [f"{spelling} ({ID_HASH} {id_hash(id_)})" for spelling, id_ in shown]
            yield tr("ids that look alike ({count}): {students}").format(count=len(group), students=_first(students))
        yield from self._name_lines(tr)
        yield from self._more(tr)

    def tables(self, tr: Callable[[str], str]) -> Iterator[Table | str]:
        """Yield a table of the ids that look alike, and one line for each shared name, for a terminal."""
        if self.ids:
            yield self._table(tr)
            yield tr("To name one of these students in a command or in overrides.csv, write the id_hash, not the id.")
        yield from map(safe, self._name_lines(tr))
        yield from self._more(tr)

    def _table(self, tr: Callable[[str], str]) -> Table:
        title = tr("Ids that look alike")
        table = Table(title=title, title_style="bold red", title_justify="left", box=None, pad_edge=False)
        table.add_column(tr("student"), style="bold", overflow="fold")
        table.add_column(ID_HASH, no_wrap=True)
        has_names = any(self.people[id_].name for group in self.ids[:MAX_GROUPS] for id_ in group)
        if has_names:
            table.add_column(tr("name"), overflow="fold")
        for group in self.ids[:MAX_GROUPS]:
            for spelling, id_ in list(zip(spellings(group), group, strict=True))[:MAX_STUDENTS]:
                table.add_row(safe(spelling), id_hash(id_), *[safe(self.people[id_].name)] * has_names)
            if len(group) > MAX_STUDENTS:
                table.add_row(f"… ({len(group)})")
            table.add_section()
        return table

    def _name_lines(self, tr: Callable[[str], str]) -> Iterator[str]:
        for name, students in list(self.names.items())[:MAX_GROUPS]:
            words = tr("students with the same name, {name} ({count}): {students}")
            ids = _first([show_invisible(student) for student in students])
            yield words.format(name=visible(name), count=len(students), students=ids)

    def _more(self, tr: Callable[[str], str]) -> Iterator[str]:
        more = sum(max(0, len(groups) - MAX_GROUPS) for groups in (self.ids, self.names))
        if more:
            words = tr("… and {more} more groups of ids that look alike or of shared names, in grades.csv")
            yield words.format(more=more)


def find_shared_names(people: Mapping[str, SubmissionMetadata]) -> SharedNames:
    """Return the ids of a class that look alike, and the names that several students have."""
    groups, by_name = look_alike_groups(people), defaultdict[str, list[str]](list)
    for student, metadata in people.items():
        if metadata.name:
            by_name[comparison_key(metadata.name)].append(student)
    group_of = {student: group for group in groups for student in group}
    names = {
        people[students[0]].name: students
        for students in by_name.values()
        if len(students) > 1 and not {*students} <= {*group_of.get(students[0], ())}
    }
    return SharedNames(groups, names, people)


def _first(texts: list[str]) -> str:
    return ", ".join(texts[:MAX_STUDENTS]) + (", …" if len(texts) > MAX_STUDENTS else "")
