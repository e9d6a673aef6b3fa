"""Read a download of Gradescope ("Download submissions"): folders submission_ID, and submission_metadata.yml.

The metadata file contains the names of the students.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from grader.core.errors import UsageError
from grader.core.outcome_text import INSTRUCTOR_TEMPLATES, reason_text
from grader.core.reasons import Code, UnreadableError
from grader.submissions.members.tree import DownloadedAttempt, TopEntry, Translate, Tree
from grader.submissions.submission import SubmissionMetadata
from grader.submissions.timestamps import parse_timestamp

NAME, ONE_MATCH_SUFFICES = "gradescope", True
METADATA = "submission_metadata.yml"
MAX_METADATA_BYTES = 256 << 20
"""Maximum size of a metadata file, in bytes. The file is large because it contains the results of every student."""

FOLDER = re.compile(r"submission_\d+(?:\.\w+)?")
ROOT = re.compile(r"assignment_\d+_export")


def student_tree(tree: Tree) -> Tree:
    """Return the part of a download that contains the students: the whole download."""
    return tree


def matches(entry: TopEntry) -> bool:
    """Return whether an entry is the folder of a submission or the metadata file."""
    return bool(FOLDER.fullmatch(entry.name)) or is_metadata(entry)


def is_metadata(entry: TopEntry) -> bool:
    """Return whether an entry is the metadata file, which names the students of each folder."""
    return entry.name == METADATA and not entry.is_folder


def is_certain(tree: Tree, matching: Sequence[TopEntry]) -> bool:
    """Return whether the download has the metadata file, or has a name as Gradescope writes it."""
    return bool(ROOT.fullmatch(tree.name)) or any(is_metadata(entry) for entry in matching)


def reason(matching: Sequence[TopEntry], tr: Translate) -> str:
    """Return how the layout was identified."""
    if any(is_metadata(entry) for entry in matching):
        return tr("submission_metadata.yml is next to the folders")
    return tr("the folder is named assignment_…_export; submission_metadata.yml, which holds the names, is missing")


def read(tree: Tree, matching: Sequence[TopEntry], stubs: Collection[str]) -> list[DownloadedAttempt]:
    """Return all attempts of all students. The submission of a group becomes one attempt of each member.

    The name of the student is the institution's student id; without one, the e-mail address; without both, Gradescope's
    id of the submission. Raises UsageError if the metadata file cannot be read.
    """
    metadata = next((_read_metadata(tree, entry) for entry in matching if is_metadata(entry)), {})
    attempts = []
    folders = {entry.name: entry for entry in matching if not is_metadata(entry)}
    for name in [*folders, *(name for name in metadata if name not in folders and FOLDER.fullmatch(name))]:
        members = folders[name].members if name in folders else []
        attempts += [DownloadedAttempt(student, members, facts) for student, facts in _people(name, metadata.get(name))]
    return _numbered(attempts)


def _numbered(attempts: Sequence[DownloadedAttempt]) -> list[DownloadedAttempt]:
    """Number the attempts of each student who has several folders, the earliest first."""
    by_student: defaultdict[str, list[DownloadedAttempt]] = defaultdict(list)
    for attempt in sorted(attempts, key=lambda a: a.metadata.submitted or datetime.min.replace(tzinfo=UTC)):
        by_student[attempt.student].append(attempt)
    for several in by_student.values():
        for number, attempt in enumerate(several if len(several) > 1 else [], 1):
            attempt.metadata = replace(attempt.metadata, attempt=number)
    return [attempt for several in by_student.values() for attempt in several]


def _people(name: str, facts: object) -> Iterator[tuple[str, SubmissionMetadata]]:
    """Yield each student of the submission in the folder `name`, with metadata.

    `facts` is the entry of the submission in the metadata file.
    """
    facts = facts if isinstance(facts, dict) else {}
    submitters = [person for person in _list(facts.get(":submitters")) if isinstance(person, dict)]
    names = tuple(_text(person.get(":name")) for person in submitters)
    submission_id = re.sub(r"^submission_|\.\w+$", "", name)
    for person in submitters or [{}]:
        student_id, email = _text(person.get(":sid")), _text(person.get(":email"))
        is_group = len(submitters) > 1
        fallback = f"{submission_id} {_text(person.get(':name'))}".strip() if is_group else submission_id
        yield (
            student_id or email or fallback,
            SubmissionMetadata(
                name=_text(person.get(":name")),
                email=email,
                group=names if is_group else (),
                submitted=parse_timestamp(_text(facts.get(":created_at")), UTC),
                attempt=len(_list(facts.get(":history"))) + 1,
                ids=tuple(dict.fromkeys(known for known in (student_id, submission_id) if known)),
                filed_as=name,
            ),
        )


def _read_metadata(tree: Tree, entry: TopEntry) -> Mapping[str, Any]:
    """Return the content of the metadata file, by the names of the folders. Raises UsageError."""
    file = f"{tree.path}: {METADATA}"
    try:
        import yaml
    except ImportError:
        cure = "pip install 'autograded[instructor]'"
        raise UsageError("{file} needs PyYAML, which is not installed. Run: {cure}", file=file, cure=cure) from None
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        data = entry.members[0].read(MAX_METADATA_BYTES + 1)
        if len(data) > MAX_METADATA_BYTES:
            raise UnreadableError(Code.TOO_LARGE, mib=MAX_METADATA_BYTES >> 20)
        found = yaml.load(data, loader)  # safe: the base loader makes only strings, lists and dictionaries
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        words = (
            reason_text(error.about(""), templates=INSTRUCTOR_TEMPLATES)
            if isinstance(error, UnreadableError)
            else str(error)
        )
        raise UsageError(
            "{file} cannot be read ({error}). Download the submissions again, or remove the file: "
            "students are then named by the numbers of their folders",
            file=file,
            error=" ".join(words.split())[:200],
        ) from None
    return {str(name): facts for name, facts in found.items()} if isinstance(found, dict) else {}


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
