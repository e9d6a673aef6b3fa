"""Find the student whom a name means, by the same rule in commands, overrides.csv and the policy.

Theory of operation
    `StudentIndex.find` compares a name first with the ids and their hashes. If no student matches, it compares the name
    with other ids and addresses, and then with names of students. Ids, addresses and names are compared by the keys of
    `students.look_alikes`. If several students match, `require` chooses none of them and raises an error that lists
    them. `require` also raises an error for an id that is the address of another student: students choose the names of
    folders, so the person may have meant either of the two students. A command that changes nothing may also accept the
    beginning of an id or a name.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property

from grader.core.errors import UsageError, nearest_names
from grader.core.visible_text import join_and_count_names, normalize, show_invisible, visible
from grader.submissions.students.look_alikes import (
    HASH_PATTERN,
    ID_HASH,
    comparison_key,
    id_hash,
    id_key,
    ids_with_hash,
    look_alike_groups,
    spellings,
)
from grader.submissions.students.spreadsheet_cells import is_same_number, may_become
from grader.submissions.submission import SubmissionMetadata

MAX_LISTED = 5
"""Maximum number of students that a message lists."""

Index = Mapping[str, Sequence[str]]
"""Key -> ids of the students with this key."""


class StudentIndex:
    """The students of a class, by id, hash of the id, other ids, address and name.

    people: all students of the class, by id.
    """

    def __init__(self, people: Mapping[str, SubmissionMetadata]) -> None:
        self._people = people

    def find(self, name: str, by_beginning: bool = False) -> list[str]:
        """Return the ids of the students who match a name best, in the order of the class; empty if nobody matches.

        If `by_beginning` is True and nobody matches, the name is compared without accents, and then as the beginning of
        an id, of a name, or of a word in an id or name.
        """
        exact = [name] if name in self._people else []
        if certain := list(dict.fromkeys([*exact, *self.find_hash(name)])):
            return certain
        found = self._by_id.get(id_key(name)) or self._by_name.get(comparison_key(name)) or []
        return list(found) if found or not by_beginning else self._find_beginning(name)

    def find_hash(self, hash_: str) -> list[str]:
        """Return the ids with this hash, which may be in capitals and have blanks around it."""
        wanted = hash_.strip().casefold()
        return list(self._by_hash.get(wanted, [])) if HASH_PATTERN.fullmatch(wanted) else []

    def require(self, name: str, by_beginning: bool = False) -> str:
        """Return the only student who matches a name. Raises UsageError if several students or none match."""
        found = self.find(name, by_beginning)
        if found == [name]:
            found = [*self.with_address(name)] or found
        if len(found) == 1:
            return found[0]
        asked = show_invisible(name) if name else ""
        if found:
            raise UsageError(
                "Several students match {asked}: {students}. Pass an id, or an id_hash.",
                asked=asked,
                students=self.describe(found),
            )
        near = [self._describe(student) for student in self.nearest(name)]
        raise UsageError("No such student in these results: {asked}", asked=asked).suggest(near)

    def nearest(self, name: str) -> list[str]:
        """Return the students whose id or name is similar to a name, the most similar first."""
        near = nearest_names(_without_accents(name), self._by_text)
        return list(dict.fromkeys(self._by_text[text] for text in near))

    def describe(self, students: Sequence[str]) -> str:
        """Return students as one text: each with id, name, and the hash if the id needs one (`students_with_hash`)."""
        return join_and_count_names([*map(self._describe, students)], MAX_LISTED)

    def _describe(self, student: str) -> str:
        name, hash_, shown = self._people[student].name, f"{ID_HASH} {id_hash(student)}", self.spelling(student)
        facts = [visible(name)] * bool(name and name != student) + [hash_] * (student in self.students_with_hash)
        return f"{shown} ({', '.join(facts)})" if facts else shown

    @cached_property
    def students_with_hash(self) -> set[str]:
        """The students who need an `id_hash` in tables: their id is ambiguous, or a spreadsheet program changes it."""
        shared = {id_ for student in self._people for id_ in self.with_address(student)}
        hashes = {id_ for student in self._people if (owners := self.find_hash(student)) for id_ in (student, *owners)}
        return ids_with_hash(self._people) | shared | hashes

    def look_alikes(self, student: str) -> tuple[str, ...]:
        """Return the student's id and all ids that look like it; empty if no other id looks like it."""
        return self._groups.get(student, ())

    def with_address(self, student: str) -> tuple[str, ...]:
        """Return the student and all others whose address is the student's id; empty if no other student has it."""
        others = (other for other in self._by_address.get(id_key(student), ()) if other != student)
        return (student, *found) if (found := tuple(others)) else ()

    def spelling(self, student: str) -> str:
        """Return an id as a text with visible differences from the ids that look like it."""
        group = self.look_alikes(student) or (student,)
        return spellings(group)[group.index(student)]

    def may_mean(self, cell: str, student: str) -> bool:
        """Return whether a cell may mean a student: it holds an id, the address or the name, or a changed id.

        A changed id is a text that a spreadsheet program may have made of the id (`students.spreadsheet_cells`), and
        that matches no student.
        """
        metadata = self._people[student]
        if id_key(cell) in map(id_key, (student, *metadata.ids, metadata.email)):
            return True
        if comparison_key(cell) == comparison_key(metadata.name) or is_same_number(student, cell):
            return True
        return not self.find(cell) and may_become(student, cell)

    @cached_property
    def _by_text(self) -> Mapping[str, str]:
        """Id or name without accents -> id of the student."""
        return {_without_accents(text): student for student, texts in self._ids_and_names() for text in texts if text}

    @cached_property
    def _by_hash(self) -> Index:
        return _index((student, [id_hash(student)]) for student in self._people)

    @cached_property
    def _by_id(self) -> Index:
        people = self._people.items()
        return _index((student, map(id_key, (student, *one.ids, one.email))) for student, one in people)

    @cached_property
    def _by_address(self) -> Index:
        return _index((student, [id_key(one.email)]) for student, one in self._people.items())

    @cached_property
    def _by_name(self) -> Index:
        return _index((student, [comparison_key(one.name)]) for student, one in self._people.items())

    @cached_property
    def _groups(self) -> Mapping[str, tuple[str, ...]]:
        return {student: group for group in look_alike_groups(self._people) for student in group}

    def _ids_and_names(self) -> Iterable[tuple[str, tuple[str, str]]]:
        return ((student, (student, one.name)) for student, one in self._people.items())

    def _find_beginning(self, name: str) -> list[str]:
        """Return the students whose id or name equals a name without accents.

        If there are none, return the students whose id or name begins with the name; if there are none either, those
        who have a word in their id or name that begins with the name.
        """
        wanted = _without_accents(name)
        texts = {student: [_without_accents(text) for text in both] for student, both in self._ids_and_names()}
        fits: tuple[Callable[[str], bool], ...] = (
            lambda text: text == wanted,
            lambda text: text.startswith(wanted),
            lambda text: f" {wanted}" in text,
        )
        found = ([student for student, both in texts.items() if any(map(fit, both))] for fit in fits)
        return next(filter(None, found), []) if wanted else []


def _index(keys_of_students: Iterable[tuple[str, Iterable[str]]]) -> Index:
    index: defaultdict[str, list[str]] = defaultdict(list)
    for student, keys in keys_of_students:
        for key in filter(None, dict.fromkeys(keys)):
            index[key].append(student)
    return index


def _without_accents(text: str) -> str:
    return "".join(c for c in normalize("NFKD", text).casefold() if not unicodedata.combining(c))
