"""List and read the files in a student's archives, and in archives inside these archives.

Theory of operation
    The first bytes of an archive decide how it is read, because students rename archives. Zips, plain tars and tar.gz
    are read in memory by this process. For any other archive, the caller passes a function that opens it in a sandbox
    with libarchive. All archives of a student share one `Budget` of bytes, members and seconds.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import NoReturn

from grader.core.reasons import Code, UnreadableError
from grader.execution.extraction.archive_jobs import ArchiveJob
from grader.execution.extraction.archive_stream import Extraction
from grader.submissions.file_reading import FileReader, OpenArchive
from grader.submissions.members import extracted, tars, zips
from grader.submissions.members.extracted import COMPRESSED, RAR, SEVEN_ZIP
from grader.submissions.members.path_rules import MAX_MEMBERS
from grader.submissions.members.tree import COMPRESSED_TARS, PART_OF_ARCHIVE, TARS, ZIP, Member
from grader.submissions.size_limits import MAX_SUBMISSION_BYTES, size_limit

MAX_NAMED = 5
"""Maximum number of files that the reasons for review name if a student submitted no code."""

MAX_DEPTH = 2
"""Maximum depth of archives that are opened: 1 is an archive, 2 is an archive inside an archive."""

ZIP_START = b"PK"

MAX_SECONDS = 20.0
"""Time limit, in seconds, for all archives of a student that the sandbox opens. Real archives take milliseconds."""

MAX_EXTRACTED = 2 * MAX_SUBMISSION_BYTES
"""Maximum number of bytes of names and contents that the sandbox may return for all archives of a student.

All these bytes stay in memory, even those of files that the grader ignores.
"""


@dataclass
class Budget:
    """Remaining amounts that may be read for one student.

    bytes_left: bytes of files and archives.
    members: members of archives.
    seconds: time in which the sandbox opens archives.
    extracted: bytes of names and contents that the sandbox returns.
    """

    bytes_left: int = MAX_SUBMISSION_BYTES
    members: int = MAX_MEMBERS
    seconds: float = MAX_SECONDS
    extracted: int = MAX_EXTRACTED

    def read(self, member: Member, limit: int) -> bytes:
        """Return the bytes of a member, and subtract their number from the budget.

        The size that an archive declares is not trusted. Raises OSError or UnreadableError; a member of more than
        `limit` bytes is unreadable, too.
        """
        if member.problem:
            raise UnreadableError(member.problem)
        allowed = min(limit, self.bytes_left)
        data = member.read(allowed + 1)
        self.bytes_left -= min(len(data), allowed)
        if len(data) <= allowed:
            return data
        if allowed == limit:
            raise UnreadableError(Code.TOO_LARGE, mib=limit >> 20)
        raise UnreadableError(Code.PAST_TOTAL, mib=MAX_SUBMISSION_BYTES >> 20)


def read_archive(
    archive: Member, path: str, prefix: str, budget: Budget, open_archive: OpenArchive, depth: int = 1
) -> Iterator[tuple[str, FileReader]]:
    """Yield the path of every file in an archive that may contain code, with a function that reads the file.

    If the archive holds no file that could contain code, yield all its files, each with a function that raises the
    reason for review.

    path: path of the archive in messages.
    prefix: text before the paths of its files.
    depth: 1 for an archive that is not inside another archive.
    """
    try:
        members = _members(archive, budget, open_archive)
        budget.members -= len(members)
        if budget.members < 0:
            raise UnreadableError(Code.TOO_MANY_MEMBERS, detail=f"more than {MAX_MEMBERS}")
    except (OSError, UnreadableError) as error:
        yield path, partial(refuse, error)
        return
    code_files = [member for member in members if member.may_hold_code]
    for member in code_files:
        inner = prefix + member.path
        if can_open(member) and depth < MAX_DEPTH:
            inner_prefix = f"{inner}/" if len(code_files) > 1 else prefix
            yield from read_archive(member, inner, inner_prefix, budget, open_archive, depth + 1)
        else:
            yield inner, file_reader(member, budget)
    if not code_files:
        yield from without_code([member for member in members if not member.is_folder], f"{path}/")


def _members(archive: Member, budget: Budget, open_archive: OpenArchive) -> list[Member]:
    """Return the members of an archive. Raises OSError or UnreadableError."""
    data = budget.read(archive, MAX_SUBMISSION_BYTES)
    if data.startswith((SEVEN_ZIP, RAR, *COMPRESSED)):
        started = time.monotonic()
        try:
            return _extracted_members(data, budget, open_archive)
        finally:
            budget.seconds -= time.monotonic() - started
    if archive.name.endswith(ZIP) or data.startswith(ZIP_START):
        return zips.read_members(data)
    if archive.name.endswith((*TARS, *COMPRESSED_TARS)):
        return tars.read_members(data)
    raise UnreadableError(Code.NO_ARCHIVE)


def _extracted_members(data: bytes, budget: Budget, open_archive: OpenArchive) -> list[Member]:
    """Return the members of an archive that the sandbox opens. Raises UnreadableError."""
    if budget.seconds <= 0:
        raise UnreadableError(Code.SLOW_ARCHIVE)
    if budget.extracted <= 0:
        raise UnreadableError(Code.PAST_TOTAL, mib=MAX_SUBMISSION_BYTES >> 20)
    max_bytes = min(budget.extracted, MAX_SUBMISSION_BYTES)

    def open_within_budget(job: ArchiveJob, seconds: float) -> Extraction:
        extraction = open_archive(job, seconds)
        budget.extracted -= sum(len(member.name) + len(member.content) for member in extraction.members)
        return extraction

    if data.startswith(COMPRESSED):
        return tars.read_members(extracted.expand(data, max_bytes, open_within_budget, budget.seconds))
    return extracted.read_members(data, max_bytes, open_within_budget, budget.seconds)


def can_open(member: Member) -> bool:
    """Return whether a member has the name of an archive that may be read and is not one part of a split archive."""
    return member.is_archive and not member.problem and not PART_OF_ARCHIVE.search(member.name)


def file_reader(member: Member, budget: Budget) -> FileReader:
    """Return a function that reads a source file. For any other file, the function raises the reason not to read it."""
    if member.is_source or member.problem:
        return partial(budget.read, member, size_limit(member.name))
    if PART_OF_ARCHIVE.search(member.name):
        return partial(refuse, UnreadableError(Code.SEVERAL_PARTS))
    return partial(refuse, UnreadableError(Code.INNER_ARCHIVE if member.is_archive else Code.RENAMED_CODE))


def without_code(members: list[Member], prefix: str) -> Iterator[tuple[str, FileReader]]:
    """Yield the files of a student who submitted no code, each with a function that raises the reason for review."""
    for member in members[:MAX_NAMED]:
        yield prefix + member.path, partial(refuse, _not_code(member))
    if len(members) > MAX_NAMED:
        more = UnreadableError(Code.MORE_WITHOUT_CODE, more=len(members) - MAX_NAMED)
        yield prefix or "…", partial(refuse, more)
    if prefix and not members:
        yield prefix.rstrip("/"), partial(refuse, UnreadableError(Code.EMPTY_ARCHIVE))


def _not_code(member: Member) -> UnreadableError:
    if member.problem:
        return UnreadableError(member.problem)
    if member.name.endswith((".docx", ".doc", ".odt", ".rtf", ".pdf", ".txt", ".md")):
        code = Code.DOCUMENT
    elif member.name.endswith((".html", ".htm", ".url", ".webloc")):
        code = Code.TYPED_TEXT
    else:
        code = Code.NO_CODE
    return UnreadableError(code, size=format_size(member.size))


def refuse(reason: Exception) -> NoReturn:
    """Raise the exception `reason`."""
    raise reason


def format_size(size: int) -> str:
    """Return a number of bytes as text with a decimal unit: 60 MB, 1.2 MB, 12 kB."""
    for unit, least in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= least:
            return f"{size / least:.1f}".removesuffix(".0") + f" {unit}"
    return f"{size} B"
