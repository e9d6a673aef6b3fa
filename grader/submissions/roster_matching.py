"""Match the submissions of a download with the students of a roster, by ids, addresses, names and groups.

Theory of operation
    `_RosterMatcher.match` has three steps, and their order matters. First, it matches each submission of a single
    student with the roster, and counts which kind of id (number, address, login, name) found most students. Second, it
    copies each submission of a group to all members. Third, it adds an empty submission for each student without a
    submission. The second and the third step name a student by the kind of id that found most students, so that all
    rows of the results have the same kind of id. `exports.row_matching` compares ids and names with the same functions,
    `students.look_alikes.comparison_key` and `name_keys`.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from itertools import chain, count
from pathlib import Path

from grader.submissions.students.look_alikes import comparison_key
from grader.submissions.submission import Submission, SubmissionMetadata

MIN_ID_LENGTH = 4
"""Minimum length, in characters, of an id that is recognized inside a longer name: `lab 1` is not student 1."""


@dataclass(frozen=True)
class RosterStudent:
    """A student of the roster.

    id: the student's first id in the roster; without one, the address; without both, the name.
    ids: other ids, in the same order for every student; a missing id is an empty text.
    submitted: time of submission in the roster, if it has one.
    """

    id: str
    name: str = ""
    email: str = ""
    group: str = ""
    ids: tuple[str, ...] = ()
    submitted: datetime | None = None

    @property
    def all_ids(self) -> tuple[str, ...]:
        """All ids of the student, without empty ids and duplicates."""
        return tuple(dict.fromkeys(known for known in (self.id, *self.ids) if known))

    def label(self, kind: str) -> str:
        """Return an id, the email address or the name of the student; empty if the roster lacks it.

        `kind` is "id", "email", "name" or the index of one of `ids` as text.
        """
        if kind.isdecimal():
            return self.ids[int(kind)]
        return {"id": self.id, "email": self.email, "name": self.name}[kind]


@dataclass
class RosterMatch:
    """Submissions with the facts of the roster added, and an empty submission for each missing student.

    not_on_roster: students who submitted but are not on the roster.
    several_names: names of each student who submitted under more than one name.
    """

    submissions: list[Submission] = field(default_factory=list)
    not_on_roster: list[str] = field(default_factory=list)
    several_names: list[list[str]] = field(default_factory=list)


def name_keys(name: str) -> set[str]:
    """Return keys to compare names: two names share a key if only the order of their parts or the spaces differ."""
    words = comparison_key(name.replace(",", " ").replace("_", " ")).split()
    return {" ".join(sorted(words)), "".join(words), "".join(reversed(words))} - {""}


Index = Mapping[str, Sequence[tuple[RosterStudent, str]]]
"""Key -> the students with this key, each with the kind of label that gives the key (see `RosterStudent.label`)."""


@dataclass
class _RosterIndex:
    """Finds a student of a roster by id, address, login, name or group."""

    roster: Sequence[RosterStudent]

    @cached_property
    def ids(self) -> Index:
        index: defaultdict[str, list[tuple[RosterStudent, str]]] = defaultdict(list)
        for student in self.roster:
            for kind, known in (("id", student.id), *((str(n), known) for n, known in enumerate(student.ids))):
                found = index[comparison_key(known)] if known else []
                if known and all(student is not other for other, _ in found):
                    found.append((student, kind))
        return index

    @cached_property
    def emails(self) -> Index:
        return _index(self.roster, "email", lambda one: [comparison_key(one.email)] if one.email else [])

    @cached_property
    def logins(self) -> Index:
        return _index(self.roster, "id", lambda one: [comparison_key(one.email).partition("@")[0]] if one.email else [])

    @cached_property
    def names(self) -> Index:
        return _index(self.roster, "name", lambda one: name_keys(one.name))

    @cached_property
    def groups(self) -> dict[str, list[RosterStudent]]:
        index = _index(self.roster, "id", lambda one: [comparison_key(one.group)] if one.group else [])
        return {group: [student for student, _ in members] for group, members in index.items()}

    def find(self, submission: Submission) -> tuple[RosterStudent, str] | None:
        """Return the only student who matches a submission, and the kind of label that matched; None if there is none.

        Ids are tried first, then less certain labels. An id is ignored if the name in the submission belongs to another
        student, because the id may come from another system.
        """
        name, metadata = submission.student, submission.metadata
        by_name = _only_match(self.names, [*name_keys(name), *name_keys(metadata.name)])
        by_id = _only_match(self.ids, [comparison_key(name)]) or _only_match(
            self.ids, map(comparison_key, metadata.ids)
        )
        if by_id and by_name and by_id[0] is not by_name[0] and not name_keys(metadata.name) & name_keys(by_id[0].name):
            return by_name
        parts = (comparison_key(part) for part in _id_candidates(name) if len(part) >= MIN_ID_LENGTH)
        return (
            by_id
            or _only_match(self.emails, [comparison_key(name), comparison_key(metadata.email)])
            or by_name
            or _only_match(self.ids, parts)
            or _only_match(self.ids, _login_candidates(metadata.filed_as))
            or _only_match(self.logins, [comparison_key(name)])
        )


def match_roster(submissions: Iterable[Submission], roster: Sequence[RosterStudent], root: Path) -> RosterMatch:
    """Match submissions with a roster. The result has all submissions, and at least one for each student of the roster.

    `root`, the path of the download, becomes the `root` of the submissions of missing students.
    """
    return _RosterMatcher(_RosterIndex(_without_duplicates(roster)), root).match(list(submissions))


@dataclass
class _RosterMatcher:
    """Matches the submissions of one download with the roster.

    kinds: kind of label -> number of submissions whose student was found by a label of this kind.
    rows: `id()` of a student of the roster -> names under which this student submitted.
    taken: names of students in the results that are in use.
    """

    index: _RosterIndex
    root: Path
    kinds: Counter[str] = field(default_factory=Counter)
    rows: defaultdict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    taken: set[str] = field(default_factory=set)

    def match(self, submissions: Sequence[Submission]) -> RosterMatch:
        self.taken |= {submission.student for submission in submissions}
        with_members = [(submission, self._group_members(submission)) for submission in submissions]
        singles = [self._match_single(submission) for submission, members in with_members if not members]
        not_on_roster = [submission.student for submission, is_known in singles if not is_known]
        matched = [submission for submission, _ in singles]
        rows: dict[tuple[str, int], str] = {}
        for submission, members in with_members:
            matched += [self._member_submission(submission, student, members, rows) for student in members]
        for student in self.index.roster:
            if not self.rows[id(student)]:
                metadata = _add_roster_facts(SubmissionMetadata(attempt=0), student)
                matched.append(Submission(self._new_row(student), self.root, (), metadata=metadata))
        several_names = [sorted(set(names)) for names in self.rows.values() if len(set(names)) > 1]
        matched.sort(key=lambda submission: (submission.student, submission.metadata.attempt))
        return RosterMatch(matched, list(dict.fromkeys(not_on_roster)), sorted(several_names))

    def _group_members(self, submission: Submission) -> list[RosterStudent]:
        """Return the members of the group under whose name a submission was made; empty if no group has the name."""
        return self.index.groups.get(comparison_key(submission.metadata.name or submission.student), [])

    def _match_single(self, submission: Submission) -> tuple[Submission, bool]:
        """Return a submission with the facts that the roster adds, and whether its student is on the roster."""
        found = self.index.find(submission)
        if found is None:
            return submission, False
        student, kind = found
        self.kinds[kind] += 1
        label, filed_as = student.label(kind), submission.metadata.filed_as
        if label not in self.taken and filed_as.endswith(f"-{label}"):  # a login may contain hyphens
            submission = replace(submission, student=label)
        self.rows[id(student)].append(submission.student)
        return replace(submission, metadata=_add_roster_facts(submission.metadata, student)), True

    def _member_submission(
        self,
        submission: Submission,
        student: RosterStudent,
        members: Sequence[RosterStudent],
        rows: dict[tuple[str, int], str],
    ) -> Submission:
        """Return the submission of a group as the submission of one member.

        `rows` stores the name of the member, so that all attempts of the member get the same name.
        """
        row = (submission.student, id(student))
        if row not in rows:
            rows[row] = self._new_row(student)
            self.rows[id(student)].append(rows[row])
        group = tuple(member.name or member.id for member in members)
        metadata = replace(_add_roster_facts(replace(submission.metadata, name=""), student), group=group)
        return replace(submission, student=rows[row], metadata=metadata)

    def _new_row(self, student: RosterStudent) -> str:
        """Return a name for a student that no other row of the results has.

        The name is the student's label of the kind that found most students, unless another row has this label.
        """
        common_kinds = [kind for kind, _ in self.kinds.most_common()]
        labels = [label for kind in (*common_kinds, "id", "email", "name") if (label := student.label(kind))]
        numbered = (f"{labels[0]} ({number})" for number in count(2))
        row = next(label for label in chain(labels, numbered) if label not in self.taken)
        self.taken.add(row)
        return row


def _only_match(index: Index, keys: Iterable[str]) -> tuple[RosterStudent, str] | None:
    """Return the only student whom the keys match, with the kind of label; None for no or several students."""
    found = {id(student): (student, kind) for key in keys for student, kind in index.get(key, ())}
    return next(iter(found.values())) if len(found) == 1 else None


def _index(roster: Iterable[RosterStudent], kind: str, keys: Callable[[RosterStudent], Iterable[str]]) -> Index:
    index: defaultdict[str, list[tuple[RosterStudent, str]]] = defaultdict(list)
    for student in roster:
        for key in keys(student):
            index[key].append((student, kind))
    return index


def _without_duplicates(roster: Sequence[RosterStudent]) -> list[RosterStudent]:
    """Return each student once; a roster may list a student in several sections of the course."""
    students: dict[str, RosterStudent] = {}
    for student in roster:
        students.setdefault(comparison_key(student.id), student)
    return list(students.values())


def _add_roster_facts(metadata: SubmissionMetadata, student: RosterStudent) -> SubmissionMetadata:
    """Return metadata with the facts of the roster. A group or a time from the download is kept."""
    return replace(
        metadata,
        name=student.name or metadata.name,
        email=student.email or metadata.email,
        group=metadata.group or ((student.group,) if student.group else ()),
        submitted=metadata.submitted or student.submitted,
        ids=tuple(dict.fromkeys((*metadata.ids, *student.all_ids))),
    )


def _id_candidates(name: str) -> list[str]:
    """Return the parts of a name that may be an id, for names such as 2021001_王小明, 2021001王小明 or wang-2021001."""
    return [*re.split(r"[\s_\-+,.()（）【】\[\]]+", name), *re.findall(r"\d+", name)]


def _login_candidates(folder: str) -> list[str]:
    """Return the possible logins at the end of a repository's name: li-na and na for the name lab-li-na."""
    return [comparison_key(folder[at + 1 :]) for at, character in enumerate(folder) if character == "-"]
