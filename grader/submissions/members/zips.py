"""The members of a zip file, in memory: nothing is ever unpacked to disk, and no size is believed.

What is odd about a member is a problem of the student whose it is: a human looks, and the rest is graded.
"""

from __future__ import annotations

import io
import stat
import unicodedata
import zipfile
from dataclasses import replace
from functools import partial
from pathlib import Path

from grader.core.errors import UsageError
from grader.core.reasons import Code, UnreadableError
from grader.core.visible_text import REPLACEMENT
from grader.submissions.members.tree import Member, Tree, like_files
from grader.submissions.submission import NO_SOURCES
from grader.submissions.text_encodings import legacy_text

MAX_MEMBERS = 100_000
"""Members of one archive."""

MAX_NAME = 500
"""Characters of a member's whole name; the folders of a real submission take a fraction of that."""

ENTRY = b"PK\x01\x02"
"""What every entry of a zip's list of members begins with."""

END = b"PK\x05\x06"
"""What a zip's last record begins with, which says how many entries the list has."""

END_SIZE, MAX_COMMENT = 22, 1 << 16
ZIP64 = 0xFFFF
"""In the place of the number: it is too large for this record, and stands in another one."""

PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The methods that every zip program writes, and the only ones that Python expands no further than it is asked to."""

CUT_OFF = "it ends early"


def read_tree(path: Path) -> Tree:
    """What a zip file holds. Raises UsageError."""
    try:
        archive = zipfile.ZipFile(path)  # stays open as long as its submissions: each reads when its turn comes
        _check_number(archive)
    except OSError as error:
        raise UsageError(
            "{path}: cannot be read ({error}). Name a zip file or a folder", path=path, error=error.strerror or error
        ) from None
    except Exception as error:  # noqa: BLE001  (a broken list of members sets off errors of a dozen kinds)
        raise UsageError(
            "{path}: no zip file that can be read ({error}): download it again, or unpack it and name the folder",
            path=path,
            error=words(error),
        ) from None
    if len(archive.infolist()) > MAX_MEMBERS:
        raise UsageError(
            "{path}: more than {limit} files in it. Unpack it, and name the folder of the class",
            path=path,
            limit=MAX_MEMBERS,
        )
    members, repositories = members_of(archive)
    return Tree(path, path.stem, members, zipped=True, repositories=repositories)


def inner_members(data: bytes) -> list[Member]:
    """The members of a student's own zip. Raises UnreadableError."""
    if data.count(ENTRY) > MAX_MEMBERS:  # counted before a list of them is made
        raise UnreadableError(Code.TOO_MANY_MEMBERS, detail=f"more than {MAX_MEMBERS}")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        _check_number(archive)
        return members_of(archive)[0]
    except Exception as error:  # noqa: BLE001  (a broken list of members sets off errors of a dozen kinds)
        raise UnreadableError(Code.NO_ZIP, detail=words(error)) from None


def _check_number(archive: zipfile.ZipFile) -> None:
    """Check that the list holds as many members as the last record says. Raises ValueError.

    zipfile does not: a broken length in the list hides the entries that follow.
    """
    file = archive.fp
    assert file  # it is open
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - MAX_COMMENT - END_SIZE))
    tail = file.read()
    at = tail.rindex(END)
    number = int.from_bytes(tail[at + 10 : at + 12], "little")
    if number not in (len(archive.infolist()) & 0xFFFF, ZIP64):  # some programs write the number's last two bytes only
        raise ValueError(f"{number} files are announced, and {len(archive.infolist())} can be found")


def members_of(archive: zipfile.ZipFile) -> tuple[list[Member], frozenset[tuple[str, ...]]]:
    """The members that matter, in the order of their paths, each path once; and the folders with a `.git`."""
    found: dict[tuple[object, ...], Member] = {}
    repositories = set()
    for info in archive.infolist():
        member = _member(archive, info)
        if ".git" in member.parts:
            repositories.add(member.parts[: member.parts.index(".git")])
        litter = next((at for at, part in enumerate(member.parts) if part in NO_SOURCES or part.startswith(".")), None)
        if litter is not None:  # the folder of a student who handed in nothing else is still hers
            member = Member(member.parts[:litter], member.take, is_folder=True)
        if not member.parts:
            continue
        key = (member.parts, member.is_folder, member.leads_out)
        found[key] = replace(member, problem=Code.TWICE) if key in found and not member.is_folder else member
    sources = {member.path for member in found.values() if member.counts}
    split = {folder for member in found.values() for folder in like_files(member) if folder in sources}
    members = [
        replace(member, problem=Code.FILE_AND_FOLDER) if member.counts and member.path in split else member
        for member in found.values()
    ]
    return sorted(members, key=lambda member: (member.parts, member.leads_out)), frozenset(repositories)


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Member:
    made = partial(
        Member,
        take=partial(_take, archive, info),
        is_folder=info.orig_filename.endswith(("/", "\\")),
        size=info.file_size,
    )
    name = _name(info)
    shown = "".join(REPLACEMENT if unicodedata.category(c) == "Cc" else c for c in name)
    shown = shown if len(shown) <= MAX_NAME else f"{shown[: MAX_NAME // 2]}…{shown[-MAX_NAME // 2 :]}"
    slashed = shown.replace("\\", "/")  # some programs of Windows write it so
    parts = tuple(part for part in slashed.split("/") if part not in ("", "."))
    absolute = slashed.startswith("/") or slashed[1:3] in (":", ":/")
    if absolute or ".." in parts:
        inside = () if absolute else parts[: parts.index("..")]
        last = tuple(part for part in parts[-1:] if part != "..")
        return made((*inside, *last), problem=Code.LEADS_OUT, leads_out=shown)
    if shown != name:
        return made(parts, problem=Code.CONTROL_CHARACTERS if len(name) <= MAX_NAME else Code.LONG_NAME)
    return made(parts, problem=_problem(info))


def _name(info: zipfile.ZipInfo) -> str:
    """The whole name of a member. Without the mark for UTF-8 it may be that all the same, or GBK from Windows."""
    name = info.orig_filename
    if info.flag_bits & 0x800 or name.isascii():
        return name
    try:
        return legacy_text(name.encode("cp437"), "cp437")  # what zipfile took it for
    except UnicodeEncodeError:
        return name


def _problem(info: zipfile.ZipInfo) -> Code | None:
    """Why a member is not to be read, or None."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return Code.LINK
    if kind not in (0, stat.S_IFREG) and not info.orig_filename.endswith(("/", "\\")):
        return Code.NOT_REGULAR
    if info.flag_bits & 0x41:
        return Code.ENCRYPTED
    if info.compress_type not in PLAIN:
        return Code.UNUSUAL_COMPRESSION
    return None


def _take(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    """At most so many bytes of a member, whatever size it claims to have. Raises UnreadableError."""
    try:
        with archive.open(info) as file:
            return file.read(most)
    except Exception as error:  # noqa: BLE001  (broken bytes set off errors of a dozen kinds)
        raise UnreadableError(Code.BROKEN, detail=words(error)) from None


def words(error: Exception) -> str:
    """What an error of a reader of archives says, on one line."""
    return " ".join(f"{error}".split())[:100] or type(error).__name__
