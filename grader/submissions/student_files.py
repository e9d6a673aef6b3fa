"""The source files of one student, single ones and those in archives, each with a function that reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NoReturn

from grader.core.reasons import Code, UnreadableError
from grader.submissions.file_reading import FileReader
from grader.submissions.members import tars, zips
from grader.submissions.members.tree import ARCHIVES, TARS, UNSUPPORTED_ARCHIVES, ZIP, Member
from grader.submissions.size_limits import MAX_SUBMISSION_BYTES, size_limit

MAX_NAMED = 5
"""Files that are named if a student submitted no code, at most."""


def open_student_files(members: Sequence[Member]) -> Iterator[tuple[str, FileReader]]:
    """Yield the path of every file that can contain code, with a function that reads the file.

    The function raises OSError or UnreadableError where the file cannot be read. If no file can contain code, yield all
    files, each with the reason why the student needs review. An archive of the student is opened; an archive inside an
    archive is not.
    """
    budget = _ByteBudget()
    files = [member for member in members if not member.is_folder]
    code_files = [member for member in files if member.may_hold_code]
    for member in code_files:
        if member.name.endswith((ZIP, *TARS)):
            yield from _open_archive(member, f"{member.path}/" if len(code_files) > 1 else "", budget)
        else:
            yield member.path, _reader(member, budget)
    if not code_files:
        yield from _no_code(files, "")


def _open_archive(archive: Member, prefix: str, budget: _ByteBudget) -> Iterator[tuple[str, FileReader]]:
    try:
        data = budget.read(archive, MAX_SUBMISSION_BYTES)
        members = tars.read_members(data) if archive.name.endswith(TARS) else zips.read_members(data)
    except (OSError, UnreadableError) as error:
        yield archive.path, partial(_refuse, error)
        return
    code_files = [member for member in members if member.may_hold_code]
    for member in code_files:
        yield prefix + member.path, _reader(member, budget, inner=True)
    if not code_files:
        yield from _no_code([member for member in members if not member.is_folder], f"{archive.path}/")


def _reader(member: Member, budget: _ByteBudget, inner: bool = False) -> FileReader:
    """Return a function that reads a source file; for other files, a function that raises why the file is not read."""
    if member.is_source or member.problem:
        return partial(budget.read, member, size_limit(member.name))
    if inner and member.name.endswith(ARCHIVES):
        return partial(_refuse, UnreadableError(Code.INNER_ARCHIVE))
    code = Code.CLOSED_ARCHIVE if member.name.endswith(UNSUPPORTED_ARCHIVES) else Code.RENAMED_CODE
    return partial(_refuse, UnreadableError(code))


def _no_code(members: Sequence[Member], prefix: str) -> Iterator[tuple[str, FileReader]]:
    """Yield the files of a student without code, each with a function that raises the reason for review."""
    for member in members[:MAX_NAMED]:
        yield prefix + member.path, partial(_refuse, _not_code(member))
    if len(members) > MAX_NAMED:
        more = UnreadableError(Code.MORE_WITHOUT_CODE, more=len(members) - MAX_NAMED)
        yield prefix or "…", partial(_refuse, more)
    if prefix and not members:
        yield prefix.rstrip("/"), partial(_refuse, UnreadableError(Code.EMPTY_ARCHIVE))


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


@dataclass
class _ByteBudget:
    """Number of bytes that may still be read for one student."""

    left: int = MAX_SUBMISSION_BYTES

    def read(self, member: Member, limit: int) -> bytes:
        """Return the bytes of a member, without trusting the size that the archive claims.

        Raises OSError or UnreadableError. A member with more than `limit` bytes is unreadable, too.
        """
        if member.problem:
            raise UnreadableError(member.problem)
        allowed = min(limit, self.left)
        data = member.read(allowed + 1)
        self.left -= min(len(data), allowed)
        if len(data) <= allowed:
            return data
        if allowed == limit:
            raise UnreadableError(Code.TOO_LARGE, mib=limit >> 20)
        raise UnreadableError(Code.PAST_TOTAL, mib=MAX_SUBMISSION_BYTES >> 20)


def _refuse(reason: Exception) -> NoReturn:
    raise reason


def format_size(size: int) -> str:
    """Return a number of bytes with a decimal unit: 60 MB, 1.2 MB, 12 kB."""
    for unit, least in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= least:
            return f"{size / least:.1f}".removesuffix(".0") + f" {unit}"
    return f"{size} B"
