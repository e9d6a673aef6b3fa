"""List the members of a zip file, without unpacking it to disk and without trusting the sizes that it declares.

A member that must not be read has a `problem`. The student of such a member needs review, and all other students are
graded.
"""

from __future__ import annotations

import io
import stat
import zipfile
from functools import partial
from pathlib import Path

from grader.core.errors import UsageError
from grader.core.reasons import Code, UnreadableError
from grader.submissions.csv_encodings import decode_unlabeled
from grader.submissions.members.path_rules import MAX_MEMBERS, check_path, distinct_members
from grader.submissions.members.tree import Member, Tree, is_skipped_folder

ENTRY_MARK = b"PK\x01\x02"
"""First bytes of each entry in the central directory, which lists the members at the end of a zip."""

END = b"PK\x05\x06"
"""First bytes of the last record of a zip, which contains the number of entries in the central directory."""

END_SIZE, MAX_COMMENT = 22, 1 << 16
ZIP64 = 0xFFFF
"""Number of entries in the last record if the real number is larger. The real number is then in another record."""

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Compression methods that the grader reads.

For other methods, Python expands the data without a limit, so a small zip could fill the memory.
"""

CUT_OFF = "it ends early"


def read_tree(path: Path) -> Tree:
    """Return the tree of a zip file that contains a whole class. Raises UsageError if the file cannot be read."""
    try:
        archive = zipfile.ZipFile(path)  # stays open, because files are read when the grader reaches their student
        _check_number(archive)
    except OSError as error:
        raise UsageError(
            "{path} cannot be read ({error}). Pass a zip file or a folder", path=path, error=error.strerror or error
        ) from None
    except Exception as error:  # noqa: BLE001  (zipfile raises a dozen kinds of errors for a broken directory)
        raise UsageError(
            "{path} is not a readable zip file ({error}). Download the zip file again, or unpack it and pass the "
            "folder",
            path=path,
            error=error_text(error),
        ) from None
    if len(archive.infolist()) > MAX_MEMBERS:
        raise UsageError(
            "{path} holds more than {limit} files. Unpack the archive, then pass the folder of the class",
            path=path,
            limit=MAX_MEMBERS,
        )
    members, repositories = _members(archive)
    paths = [check_path(info.filename).parts for info in archive.infolist()]
    skipped = sorted({parts[0] for parts in paths if len(parts) > 1 and is_skipped_folder(parts[0])})
    return Tree(path, path.stem, members, zipped=True, repositories=repositories, skipped=skipped)


def read_members(data: bytes) -> list[Member]:
    """Return the members of a zip that a student submitted. Raises UnreadableError."""
    if not data:
        raise UnreadableError(Code.EMPTY_ARCHIVE)
    if data.count(ENTRY_MARK) > MAX_MEMBERS:  # checked first, because the list that zipfile makes takes memory
        raise UnreadableError(Code.TOO_MANY_MEMBERS, detail=f"more than {MAX_MEMBERS}")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        _check_number(archive)
        return _members(archive)[0]
    except Exception as error:  # noqa: BLE001  (zipfile raises a dozen kinds of errors for a broken directory)
        raise UnreadableError(Code.NO_ZIP, detail=error_text(error)) from None


def _check_number(archive: zipfile.ZipFile) -> None:
    """Raise ValueError if zipfile found another number of members than the last record of the zip declares.

    zipfile does not compare the numbers, so a wrong length in the central directory would hide the entries after it.
    """
    file = archive.fp
    assert file  # the archive is open
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - MAX_COMMENT - END_SIZE))
    tail = file.read()
    at = tail.rindex(END)
    number = int.from_bytes(tail[at + 10 : at + 12], "little")
    if number not in (len(archive.infolist()) & 0xFFFF, ZIP64):  # some programs write only two bytes
        raise ValueError(f"it declares {number} files, and {len(archive.infolist())} were found")


def _members(archive: zipfile.ZipFile) -> tuple[list[Member], frozenset[tuple[str, ...]]]:
    """Return the members sorted by path, each path once, and the paths of the folders that contain a `.git`."""
    return distinct_members(_member(archive, info) for info in archive.infolist())


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Member:
    path = check_path(_name(info))
    return Member(
        path.parts,
        partial(_read, archive, info),
        is_folder=info.orig_filename.endswith(("/", "\\")),
        size=info.file_size,
        problem=path.problem or _problem(info),
        outside_name=path.outside_name,
    )


def _name(info: zipfile.ZipInfo) -> str:
    """Return the path of a member. Without the UTF-8 flag it may still be UTF-8, or GBK from a Chinese Windows."""
    name = info.orig_filename
    if info.flag_bits & 0x800 or name.isascii():
        return name
    try:
        return decode_unlabeled(name.encode("cp437"), "cp437")  # zipfile has decoded the name with cp437
    except UnicodeEncodeError:
        return name


def _problem(info: zipfile.ZipInfo) -> Code | None:
    """Return the reason why a member must not be read, or None."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return Code.LINK
    if kind not in (0, stat.S_IFREG) and not info.orig_filename.endswith(("/", "\\")):
        return Code.NOT_REGULAR
    if info.flag_bits & 0x41:
        return Code.ENCRYPTED
    if info.compress_type not in METHODS:
        return Code.UNUSUAL_COMPRESSION
    return None


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> bytes:
    """Return the first `limit` bytes of a member. Raises UnreadableError."""
    try:
        with archive.open(info) as file:
            return file.read(limit)
    except Exception as error:  # noqa: BLE001  (zipfile raises a dozen kinds of errors for broken bytes)
        raise UnreadableError(Code.BROKEN, detail=error_text(error)) from None


def error_text(error: Exception) -> str:
    """Return the message of an error on one line, cut to 100 characters; without a message, the name of its class."""
    return " ".join(f"{error}".split())[:100] or type(error).__name__
