"""Canvas, "Download submissions": flat files NAME[_LATE]_USER_ATTACHMENT_FILE, NAME[_LATE]_USER_text.html."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from grader.submissions.members.tree import Handed, Member, Top, Translate, Tree, is_litter, is_stub
from grader.submissions.submission import About

NAME, UNMISTAKABLE = "canvas", False
FILED = re.compile(
    r"(?:anon(?P<mark>_LATE)?_(?P<anon>[0-9A-Za-z]{5})|(?P<name>.*?)(?P<late>_LATE)?_(?P<user>\d+))"
    r"_(?:(?P<file>\d+)_(?P<orig>.+)|(?P<entry>(?:text|link)\.html))",
    re.DOTALL,
)
AGAIN = re.compile(r"(?P<stem>.+)-(?P<number>\d{1,3})(?P<ending>\.[^.]+)", re.DOTALL)
"""A file that was handed in again under the same name: Canvas counts."""


@dataclass(frozen=True)
class _Filed:
    """A file of a student, the name that it had, and how often a file of that name had been handed in before."""

    member: Member
    name: str
    again: int = 0
    attachment: int = 0


def view(tree: Tree) -> Tree:
    """The part of a download that holds the students: all of it."""
    return tree


def is_ours(top: Top) -> bool:
    """Whether a name at the top is one of Canvas's."""
    return not top.is_folder and bool(FILED.fullmatch(top.members[0].parts[0]))


def is_certain(tree: Tree, ours: Sequence[Top]) -> bool:
    """Whether these names are enough to know it by."""
    return True


def why(ours: Sequence[Top], tr: Translate) -> str:
    """What it was known by."""
    return tr("{count} files are named NAME_USER_ATTACHMENT_FILE").format(count=len(ours))


def read(tree: Tree, tops: Sequence[Top], stubs: Collection[str]) -> list[Handed]:
    """Every attempt of every student; the student is Canvas's id of the user.

    An id under two names is two students: whoever may change her own name can put another's id into it.
    """
    found: defaultdict[str, list[_Filed]] = defaultdict(list)
    about: dict[str, About] = {}
    called: defaultdict[str, set[str]] = defaultdict(set)
    filed = [(top.members[0], FILED.fullmatch(top.members[0].parts[0])) for top in tops]
    for _, parts in filed:
        assert parts  # the caller asked is_ours
        called[parts["user"]].add(parts["name"])
    for member, parts in filed:
        assert parts
        student = parts["user"] or parts["anon"]
        if parts["user"] and len(called[student]) > 1:
            student = f"{student} {parts['name']}".strip()
        name = parts["orig"] or parts["entry"]
        files = found[student]  # hers, even when a system's own files are all that she handed in
        if not is_litter(name):
            files.append(_Filed(replace(member, parts=(name,)), name, attachment=int(parts["file"] or 0)))
        known = about.get(student, About(name=parts["name"] or "", filed_as=member.parts[0].removesuffix(name)))
        about[student] = replace(known, late=known.late or bool(parts["late"] or parts["mark"]))
    return [handed for student in found for handed in _attempts(student, found[student], about[student], stubs)]


def _attempts(student: str, files: list[_Filed], about: About, stubs: Collection[str]) -> list[Handed]:
    """One submission for every count that Canvas put behind a name: in each, the newest of the files so far."""
    names = {file.name for file in files}
    files = [_counted(file, names, stubs) for file in files]
    made = []
    for count in sorted({file.again for file in files} or {0}):
        newest: dict[str, _Filed] = {}
        for file in sorted(files, key=lambda f: (f.again, f.attachment)):
            if file.again <= count:
                newest[file.name] = file
        members = [replace(file.member, parts=(name,)) for name, file in sorted(newest.items())]
        made.append(Handed(student, members, replace(about, attempt=count + 1)))
    return made


def _counted(file: _Filed, names: Collection[str], stubs: Collection[str]) -> _Filed:
    """The file under the name it was handed in with, where a stub or another file shows that Canvas counted."""
    again = AGAIN.fullmatch(file.name)
    if not again:
        return file
    name = str(PurePosixPath(again["stem"] + again["ending"]))
    if name not in names and not is_stub(name, stubs):
        return file
    return replace(file, name=name, again=int(again["number"]))
