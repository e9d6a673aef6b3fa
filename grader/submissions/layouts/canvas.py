"""Read a download of Canvas ("Download submissions"): files NAME[_LATE]_USER_ATTACHMENT_FILE or NAME_USER_text.html."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from grader.submissions.members.tree import (
    DownloadedAttempt,
    Member,
    TopEntry,
    Translate,
    Tree,
    is_stub,
    is_system_file,
)
from grader.submissions.submission import SubmissionMetadata

NAME, ONE_MATCH_SUFFICES = "canvas", False
FILE_NAME = re.compile(
    r"(?:anon(?P<mark>_LATE)?_(?P<anon>[0-9A-Za-z]{5})|(?P<name>.*?)(?P<late>_LATE)?_(?P<user>\d+))"
    r"_(?:(?P<file>\d+)_(?P<orig>.+)|(?P<entry>(?:text|link)\.html))",
    re.DOTALL,
)
RESUBMITTED = re.compile(r"(?P<stem>.+)-(?P<number>\d{1,3})(?P<ending>\.[^.]+)", re.DOTALL)
"""The name of a file whose student had submitted a file of the same name before: Canvas appends a number."""


@dataclass(frozen=True)
class _SubmittedFile:
    """A file of a student.

    name: the file's name when the student submitted it.
    resubmission: the number that Canvas appended to the name; 0 without one.
    attachment: Canvas's id of the file; newer files have larger ids.
    """

    member: Member
    name: str
    resubmission: int = 0
    attachment: int = 0


def student_tree(tree: Tree) -> Tree:
    """Return the part of a download that contains the students: the whole download."""
    return tree


def matches(entry: TopEntry) -> bool:
    """Return whether an entry is a file with a name as Canvas writes it."""
    return not entry.is_folder and bool(FILE_NAME.fullmatch(entry.members[0].parts[0]))


def is_certain(tree: Tree, matching: Sequence[TopEntry]) -> bool:
    """Return True: the names alone identify the layout."""
    return True


def reason(matching: Sequence[TopEntry], tr: Translate) -> str:
    """Return how the layout was identified."""
    return tr("{count} files are named NAME_USER_ATTACHMENT_FILE").format(count=len(matching))


def read(tree: Tree, matching: Sequence[TopEntry], stubs: Collection[str]) -> list[DownloadedAttempt]:
    """Return all attempts of all students. Canvas's id of the user becomes the name of the student.

    If an id occurs with two names, these are read as two students. Either one student has changed the
    name, or the name of one student contains the id of another student.
    """
    files: defaultdict[str, list[_SubmittedFile]] = defaultdict(list)
    metadata: dict[str, SubmissionMetadata] = {}
    names_by_user: defaultdict[str, set[str]] = defaultdict(set)
    parsed = [(entry.members[0], FILE_NAME.fullmatch(entry.members[0].parts[0])) for entry in matching]
    for _, parts in parsed:
        assert parts  # the caller passes entries for which `matches` is true
        names_by_user[parts["user"]].add(parts["name"])
    for member, parts in parsed:
        assert parts
        student = parts["user"] or parts["anon"]
        if parts["user"] and len(names_by_user[student]) > 1:
            student = f"{student} {parts['name']}".strip()
        name = parts["orig"] or parts["entry"]
        own_files = files[student]  # adds the student, even if all files are ignored below
        if not is_system_file(name):
            own_file = replace(member, parts=(name,))
            own_files.append(_SubmittedFile(own_file, name, attachment=int(parts["file"] or 0)))
        filed_as = member.parts[0].removesuffix(name)
        known = metadata.get(student, SubmissionMetadata(name=parts["name"] or "", filed_as=filed_as))
        metadata[student] = replace(known, late=known.late or bool(parts["late"] or parts["mark"]))
    return [attempt for student in files for attempt in _attempts(student, files[student], metadata[student], stubs)]


def _attempts(
    student: str, files: list[_SubmittedFile], metadata: SubmissionMetadata, stubs: Collection[str]
) -> list[DownloadedAttempt]:
    """Return one attempt for each number that Canvas appended: the newest version of each file up to this number."""
    names = {file.name for file in files}
    files = [_with_original_name(file, names, stubs) for file in files]
    attempts = []
    for number in sorted({file.resubmission for file in files} or {0}):
        newest: dict[str, _SubmittedFile] = {}
        for file in sorted(files, key=lambda f: (f.resubmission, f.attachment)):
            if file.resubmission <= number:
                newest[file.name] = file
        members = [replace(file.member, parts=(name,)) for name, file in sorted(newest.items())]
        attempts.append(DownloadedAttempt(student, members, replace(metadata, attempt=number + 1)))
    return attempts


def _with_original_name(file: _SubmittedFile, names: Collection[str], stubs: Collection[str]) -> _SubmittedFile:
    """Remove the number at the end of a file's name if Canvas appended the number.

    Canvas appended the number if the name without the number is the name of a stub or of another file of the student.
    """
    match = RESUBMITTED.fullmatch(file.name)
    if not match:
        return file
    name = str(PurePosixPath(match["stem"] + match["ending"]))
    if name not in names and not is_stub(name, stubs):
        return file
    return replace(file, name=name, resubmission=int(match["number"]))
