"""Check the paths in archives: paths that lead out of the archive, control characters, two files with one path.

The rules are the same for zips and for archives that libarchive opens. The grader never writes a file to such a path.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from grader.core.reasons import Code
from grader.core.visible_text import REPLACEMENT
from grader.submissions.file_reading import IGNORED_FOLDERS
from grader.submissions.members.tree import Member, folders_named_like_files

MAX_MEMBERS = 100_000
"""Maximum number of members of an archive; an archive with more members is not read."""

MAX_NAME = 500
"""Maximum length of the path of a member, in characters; paths in real submissions are much shorter."""

MAX_PARTS = 40
"""Maximum number of parts of a path. 100,000 paths with hundreds of parts would take a minute and a gigabyte."""

CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class CheckedPath:
    """A path in an archive, and what `check_path` has found out about the path.

    parts: parts of the path that do not lead out of the archive.
    problem: reason why the file must not be read, or None.
    outside_name: the whole path if it leads out of the archive; else empty.
    """

    parts: tuple[str, ...]
    problem: Code | None = None
    outside_name: str = ""


def check_path(name: str) -> CheckedPath:
    """Check the path of a member; `name` is the path as the archive contains it."""
    shown = CONTROL.sub(REPLACEMENT, name)
    shown = shown if len(shown) <= MAX_NAME else f"{shown[: MAX_NAME // 2]}…{shown[-MAX_NAME // 2 :]}"
    slashed = shown.replace("\\", "/")  # some Windows programs separate folders with \
    parts = tuple(part for part in slashed.split("/") if part not in ("", "."))
    absolute = slashed.startswith("/") or slashed[1:3] in (":", ":/")
    if absolute or ".." in parts:
        inside = () if absolute else parts[: parts.index("..")][:MAX_PARTS]
        last = tuple(part for part in parts[-1:] if part != "..")
        return CheckedPath((*inside, *last), Code.LEADS_OUT, shown)
    if len(parts) > MAX_PARTS:
        return CheckedPath((*parts[: MAX_PARTS - 2], "…", parts[-1]), Code.LONG_NAME)
    if shown != name:
        return CheckedPath(parts, Code.CONTROL_CHARACTERS if len(name) <= MAX_NAME else Code.LONG_NAME)
    return CheckedPath(parts)


def distinct_members(all_members: Iterable[Member]) -> tuple[list[Member], frozenset[tuple[str, ...]]]:
    """Return the members sorted by path, each path once, and the paths of the folders that contain a `.git`.

    If a path occurs twice, the result has one member with a problem, because it is unknown which of the two to grade.
    """
    found: dict[tuple[object, ...], Member] = {}
    repositories = set()
    for member in all_members:
        if ".git" in member.parts:
            repositories.add(member.parts[: member.parts.index(".git")])
        if (depth := _ignored_depth(member)) is not None:  # keep the folder: it may be a student's
            member = Member(member.parts[:depth], member.read, is_folder=True)
        if not member.parts:
            continue
        key = (member.parts, member.is_folder, member.outside_name)
        found[key] = replace(member, problem=Code.TWICE) if key in found and not member.is_folder else member
    sources = {member.path for member in found.values() if member.is_source_or_archive}
    folders = {folder for member in found.values() for folder in folders_named_like_files(member) if folder in sources}
    members = [
        replace(member, problem=Code.FILE_AND_FOLDER)
        if member.is_source_or_archive and member.path in folders
        else member
        for member in found.values()
    ]
    return sorted(members, key=lambda member: (member.parts, member.outside_name)), frozenset(repositories)


def _ignored_depth(member: Member) -> int | None:
    """Return the index of the first ignored part of the path, such as __MACOSX or .git; None if no part is ignored."""
    parts = enumerate(member.parts)
    return next((depth for depth, part in parts if part in IGNORED_FOLDERS or part.startswith(".")), None)
