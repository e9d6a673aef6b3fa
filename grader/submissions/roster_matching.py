"""Who should have handed in, and who did: the students of a roster and the submissions find each other."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from itertools import chain, count
from pathlib import Path

from grader.submissions.submission import About, Submission

LEAST_ID = 4
"""Characters of an id that is recognised in the middle of a name: `lab 1` is not student 1."""


@dataclass(frozen=True)
class Enrolled:
    """A student of the roster. `id` is the best there is, if need be the address or the name.

    `ids` are other ids, in the same order for everybody; empty where there is none.
    """

    id: str
    name: str = ""
    email: str = ""
    group: str = ""
    ids: tuple[str, ...] = ()
    submitted: datetime | None = None

    @property
    def every_id(self) -> tuple[str, ...]:
        """All ids that there are."""
        return tuple(dict.fromkeys(known for known in (self.id, *self.ids) if known))

    def called(self, kind: str) -> str:
        """What the student is called: `id`, `email`, `name`, or the number of one of the other ids."""
        if kind.isdecimal():
            return self.ids[int(kind)]
        return {"id": self.id, "email": self.email, "name": self.name}[kind]


@dataclass
class Reconciled:
    """Every attempt, each with what the roster says, and a row for everybody who handed in nothing.

    `unknown` are not on the roster; `twice` are the submissions of one student under several names.
    """

    submissions: list[Submission] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    twice: list[list[str]] = field(default_factory=list)


def key(text: str) -> str:
    """A text as it is compared: capitals, widths, accents written in two ways and blanks do not matter."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def name_keys(name: str) -> set[str]:
    """A name as it is compared: in which order its parts stand, and whether there are blanks, does not matter."""
    words = key(name.replace(",", " ").replace("_", " ")).split()
    return {" ".join(sorted(words)), "".join(words), "".join(reversed(words))} - {""}


@dataclass
class _Index:
    """A roster, by everything that a student is known by."""

    roster: Sequence[Enrolled]

    @cached_property
    def ids(self) -> dict[str, list[tuple[Enrolled, str]]]:
        found: defaultdict[str, list[tuple[Enrolled, str]]] = defaultdict(list)
        for one in self.roster:
            for kind, known in (("id", one.id), *((str(n), known) for n, known in enumerate(one.ids))):
                if known and all(one is not other for other, _ in found[key(known)]):
                    found[key(known)].append((one, kind))
        return found

    @cached_property
    def emails(self) -> dict[str, list[tuple[Enrolled, str]]]:
        return _by(self.roster, "email", lambda one: [key(one.email)] if one.email else [])

    @cached_property
    def logins(self) -> dict[str, list[tuple[Enrolled, str]]]:
        return _by(self.roster, "id", lambda one: [key(one.email).partition("@")[0]] if one.email else [])

    @cached_property
    def names(self) -> dict[str, list[tuple[Enrolled, str]]]:
        return _by(self.roster, "name", lambda one: name_keys(one.name))

    @cached_property
    def groups(self) -> dict[str, list[Enrolled]]:
        found = _by(self.roster, "id", lambda one: [key(one.group)] if one.group else [])
        return {group: [one for one, _ in members] for group, members in found.items()}

    def find(self, submission: Submission) -> tuple[Enrolled, str] | None:
        """The one student whose it must be, and by what; the surest sign first.

        An id is not believed where the name is another student's: it may be an id of another system.
        """
        student, about = submission.student, submission.about
        by_name = _only(self.names, [*name_keys(student), *name_keys(about.name)])
        by_id = _only(self.ids, [key(student)]) or _only(self.ids, map(key, about.ids))
        if by_id and by_name and by_id[0] is not by_name[0] and not name_keys(about.name) & name_keys(by_id[0].name):
            return by_name
        parts = (key(part) for part in _parts(student) if len(part) >= LEAST_ID)
        return (
            by_id
            or _only(self.emails, [key(student), key(about.email)])
            or by_name
            or _only(self.ids, parts)
            or _only(self.ids, _endings(about.filed_as))
            or _only(self.logins, [key(student)])
        )


def reconcile(submissions: Iterable[Submission], roster: Sequence[Enrolled], root: Path) -> Reconciled:
    """Bring submissions and roster together: every student of the roster has a row, and nobody loses one."""
    return _Meeting(_Index(_once(roster)), root).of(list(submissions))


@dataclass
class _Meeting:
    """Submissions and roster while they are brought together; `rows` are the names that a student's work goes by."""

    index: _Index
    root: Path
    kinds: Counter[str] = field(default_factory=Counter)
    rows: defaultdict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    taken: set[str] = field(default_factory=set)

    def of(self, submissions: Sequence[Submission]) -> Reconciled:
        self.taken |= {submission.student for submission in submissions}
        met = [(submission, self._members(submission)) for submission in submissions]
        made = [self._alone(submission) for submission, members in met if not members]
        unknown = [submission.student for submission, known in made if not known]
        found = [submission for submission, _ in made]
        calls: dict[tuple[str, int], str] = {}
        for submission, members in met:
            found += [self._of_group(submission, one, members, calls) for one in members]
        for one in self.index.roster:
            if not self.rows[id(one)]:
                about = _told(About(attempt=0), one)
                found.append(Submission(self._row(one), self.root, (), about=about))
        twice = [sorted(set(row)) for row in self.rows.values() if len(set(row)) > 1]
        found.sort(key=lambda s: (s.student, s.about.attempt))
        return Reconciled(found, list(dict.fromkeys(unknown)), sorted(twice))

    def _members(self, submission: Submission) -> list[Enrolled]:
        """Everybody of the group that handed in under its own name; nobody when it is no group."""
        return self.index.groups.get(key(submission.about.name or submission.student), [])

    def _alone(self, submission: Submission) -> tuple[Submission, bool]:
        """A submission with what the roster says of its student, and whether it says anything."""
        found = self.index.find(submission)
        if found is None:
            return submission, False
        one, kind = found
        self.kinds[kind] += 1
        call, filed_as = one.called(kind), submission.about.filed_as
        if call not in self.taken and filed_as.endswith(f"-{call}"):  # the roster knows where a login begins
            submission = replace(submission, student=call)
        self.rows[id(one)].append(submission.student)
        return replace(submission, about=_told(submission.about, one)), True

    def _of_group(
        self, submission: Submission, one: Enrolled, members: Sequence[Enrolled], calls: dict[tuple[str, int], str]
    ) -> Submission:
        """The work of a group as the work of one of its members, in all attempts under the same name."""
        call = (submission.student, id(one))
        if call not in calls:
            calls[call] = self._row(one)
            self.rows[id(one)].append(calls[call])
        group = tuple(member.name or member.id for member in members)
        about = replace(_told(replace(submission.about, name=""), one), group=group)
        return replace(submission, student=calls[call], about=about)

    def _row(self, one: Enrolled) -> str:
        """What the row of a student is called: as those of most others are, and as nobody else's is."""
        usual = [kind for kind, _ in self.kinds.most_common()]
        calls = [call for kind in (*usual, "id", "email", "name") if (call := one.called(kind))]
        numbered = (f"{calls[0]} ({number})" for number in count(2))
        row = next(call for call in chain(calls, numbered) if call not in self.taken)
        self.taken.add(row)
        return row


def _only(index: Mapping[str, Sequence[tuple[Enrolled, str]]], keys: Iterable[str]) -> tuple[Enrolled, str] | None:
    """The one student whom these keys name; none when they name several."""
    found = {id(one): (one, kind) for known in keys for one, kind in index.get(known, ())}
    return next(iter(found.values())) if len(found) == 1 else None


def _by(
    roster: Iterable[Enrolled], kind: str, keys: Callable[[Enrolled], Iterable[str]]
) -> dict[str, list[tuple[Enrolled, str]]]:
    found: defaultdict[str, list[tuple[Enrolled, str]]] = defaultdict(list)
    for one in roster:
        for known in keys(one):
            found[known].append((one, kind))
    return found


def _once(roster: Sequence[Enrolled]) -> list[Enrolled]:
    """Everybody once, though a student may stand in several sections."""
    found: dict[str, Enrolled] = {}
    for one in roster:
        found.setdefault(key(one.id), one)
    return list(found.values())


def _told(about: About, one: Enrolled) -> About:
    """What the place of a submission says of a student, with what the roster says."""
    return replace(
        about,
        name=one.name or about.name,
        email=one.email or about.email,
        group=about.group or ((one.group,) if one.group else ()),
        submitted=about.submitted or one.submitted,
        ids=tuple(dict.fromkeys((*about.ids, *one.every_id))),
    )


def _parts(student: str) -> list[str]:
    """The parts of a name such as 2021001_王小明, 2021001王小明 or wang-2021001."""
    return [*re.split(r"[\s_\-+,.()（）【】\[\]]+", student), *re.findall(r"\d+", student)]


def _endings(folder: str) -> list[str]:
    """What may be the login at the end of the name of a repository: lab-li-na, li-na, na."""
    return [key(folder[at + 1 :]) for at, character in enumerate(folder) if character == "-"]
