"""Gradescope, "Download submissions": folders submission_ID, and submission_metadata.yml, which says whose they are."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from grader.core.errors import UsageError
from grader.core.outcome_text import reason_text
from grader.core.reasons import Code, UnreadableError
from grader.submissions.members.tree import Handed, Top, Translate, Tree
from grader.submissions.submission import About
from grader.submissions.timestamps import moment

NAME, UNMISTAKABLE = "gradescope", True
METADATA = "submission_metadata.yml"
MAX_METADATA = 256 << 20
"""Bytes of the metadata, which hold the results of every student."""

FOLDER = re.compile(r"submission_\d+(?:\.\w+)?")
ROOT = re.compile(r"assignment_\d+_export")


def view(tree: Tree) -> Tree:
    """The part of a download that holds the students: all of it."""
    return tree


def is_ours(top: Top) -> bool:
    """Whether a name at the top is one of Gradescope's."""
    return bool(FOLDER.fullmatch(top.name)) or is_metadata(top)


def is_metadata(top: Top) -> bool:
    """Whether it is the file that tells whose the folders are."""
    return top.name == METADATA and not top.is_folder


def is_certain(tree: Tree, ours: Sequence[Top]) -> bool:
    """Whether these names are enough to know it by."""
    return bool(ROOT.fullmatch(tree.name)) or any(is_metadata(top) for top in ours)


def why(ours: Sequence[Top], tr: Translate) -> str:
    """What it was known by."""
    if any(is_metadata(top) for top in ours):
        return tr("submission_metadata.yml stands beside the folders")
    return tr("its folder is named assignment_…_export; submission_metadata.yml, which tells the names, is not there")


def read(tree: Tree, tops: Sequence[Top], stubs: Collection[str]) -> list[Handed]:
    """A submission for everybody who handed in, also for each of a group. Raises UsageError.

    The student is the student id of the institution, else the e-mail address, else Gradescope's id of the submission.
    """
    metadata = next((_metadata(tree, top) for top in tops if is_metadata(top)), {})
    found = []
    folders = {top.name: top for top in tops if not is_metadata(top)}
    for name in [*folders, *(name for name in metadata if name not in folders and FOLDER.fullmatch(name))]:
        members = folders[name].members if name in folders else []
        found += [Handed(student, members, about) for student, about in _people(name, metadata.get(name))]
    return _in_turn(found)


def _in_turn(found: Sequence[Handed]) -> list[Handed]:
    """What one student handed in under several numbers, as attempts in the order of time."""
    by_student: defaultdict[str, list[Handed]] = defaultdict(list)
    for handed in sorted(found, key=lambda h: h.about.submitted or datetime.min.replace(tzinfo=UTC)):
        by_student[handed.student].append(handed)
    for several in by_student.values():
        for number, handed in enumerate(several if len(several) > 1 else [], 1):
            handed.about = replace(handed.about, attempt=number)
    return [handed for several in by_student.values() for handed in several]


def _people(name: str, facts: object) -> Iterator[tuple[str, About]]:
    """Everybody who handed a submission in together: the student, and what is known."""
    facts = facts if isinstance(facts, dict) else {}
    submitters = [person for person in _list(facts.get(":submitters")) if isinstance(person, dict)]
    names = tuple(_text(person.get(":name")) for person in submitters)
    alone = re.sub(r"^submission_|\.\w+$", "", name)
    for person in submitters or [{}]:
        sid, email = _text(person.get(":sid")), _text(person.get(":email"))
        nameless = f"{alone} {_text(person.get(':name'))}".strip() if len(submitters) > 1 else alone
        yield (
            sid or email or nameless,
            About(
                name=_text(person.get(":name")),
                email=email,
                group=names if len(names) > 1 else (),
                submitted=moment(_text(facts.get(":created_at")), UTC),
                attempt=len(_list(facts.get(":history"))) + 1,
                ids=tuple(dict.fromkeys(known for known in (sid, alone) if known)),
                filed_as=name,
            ),
        )


def _metadata(tree: Tree, top: Top) -> Mapping[str, Any]:
    """The metadata as strings, lists and dictionaries; tags in it make nothing. Raises UsageError."""
    place = f"{tree.path}: {METADATA}"
    try:
        import yaml
    except ImportError:
        cure = "pip install 'autograded[instructor]'"
        raise UsageError("{place} needs PyYAML, which is not installed: {cure}", place=place, cure=cure) from None
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        data = top.members[0].take(MAX_METADATA + 1)
        if len(data) > MAX_METADATA:
            raise UnreadableError(Code.TOO_LARGE, mib=MAX_METADATA >> 20)
        found = yaml.load(data, loader)  # a base loader makes strings, lists and dictionaries alone
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        words = reason_text(error.about("")) if isinstance(error, UnreadableError) else str(error)
        raise UsageError(
            "{place}: cannot be read ({error}): download the submissions again, or remove the file: "
            "the folders are then read by their numbers",
            place=place,
            error=" ".join(words.split())[:200],
        ) from None
    return {str(name): facts for name, facts in found.items()} if isinstance(found, dict) else {}


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
