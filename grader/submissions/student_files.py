"""The source files of one student and how to read each: single files, and those in the student's archives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NoReturn

from grader.core.display_width import size_words
from grader.submissions.members import tars, zips
from grader.submissions.members.tree import ARCHIVES, TARS, UNSUPPORTED_ARCHIVES, ZIP, Member, Translate
from grader.submissions.members.unread_reasons import spoken
from grader.submissions.submission import MAX_SUBMISSION_BYTES, FileReader, size_limit

MAX_NAMED = 5
"""Files that are named when none of them is code."""


def open_student_files(members: Sequence[Member], tr: Translate) -> Iterator[tuple[str, FileReader]]:
    """Yield the path of every file that may hold code, and a function that reads it.

    The function raises OSError, or ValueError with the reason, where the file cannot be read. If no file may hold
    code, the other files are yielded, each with the reason why the student needs review. An archive of the student is
    opened; an archive inside an archive is not.
    """
    budget = _ByteBudget(tr)
    files = [member for member in members if not member.is_folder]
    code_files = [member for member in files if member.may_hold_code]
    for member in code_files:
        if member.name.endswith((ZIP, *TARS)):
            yield from _open_archive(member, f"{member.path}/" if len(code_files) > 1 else "", budget)
        else:
            yield member.path, _reader(member, budget)
    if not code_files:
        yield from _no_code(files, "", tr)


def _open_archive(archive: Member, prefix: str, budget: _ByteBudget) -> Iterator[tuple[str, FileReader]]:
    try:
        data = budget.read(archive, MAX_SUBMISSION_BYTES)
        members = tars.read_members(data) if archive.name.endswith(TARS) else zips.read_members(data)
    except OSError as error:
        yield archive.path, partial(_refuse, error)
        return
    except ValueError as error:
        yield archive.path, partial(_refuse, ValueError(spoken(str(error), budget.tr)))
        return
    code_files = [member for member in members if member.may_hold_code]
    for member in code_files:
        yield prefix + member.path, _reader(member, budget, inner=True)
    if not code_files:
        yield from _no_code([member for member in members if not member.is_folder], f"{archive.path}/", budget.tr)


def _reader(member: Member, budget: _ByteBudget, inner: bool = False) -> FileReader:
    """Return a function that reads a source file; for any other file, one that raises the reason."""
    if member.is_source or member.problem:
        return partial(budget.read, member, size_limit(member.name))
    if inner and member.name.endswith(ARCHIVES):
        return partial(_refuse, ValueError(budget.tr("an archive inside an archive, which is not opened")))
    if member.name.endswith(UNSUPPORTED_ARCHIVES):
        return partial(_refuse, ValueError(budget.tr("an archive that cannot be opened here: ask for a .zip")))
    return partial(_refuse, ValueError(budget.tr("renamed source code: take off the last ending, and grade again")))


def _no_code(members: Sequence[Member], prefix: str, tr: Translate) -> Iterator[tuple[str, FileReader]]:
    """Yield why a student without code needs review; nothing if there is no file to look at."""
    for member in members[:MAX_NAMED]:
        reason = spoken(member.problem, tr) if member.problem else _kind(member, tr)
        yield prefix + member.path, partial(_refuse, ValueError(reason))
    if len(members) > MAX_NAMED:
        more = tr("{more} more files, and none is .py or .ipynb").format(more=len(members) - MAX_NAMED)
        yield prefix or "…", partial(_refuse, ValueError(more))
    if prefix and not members:
        yield prefix.rstrip("/"), partial(_refuse, ValueError(tr("an empty archive")))


def _kind(member: Member, tr: Translate) -> str:
    if member.name.endswith((".docx", ".doc", ".odt", ".rtf", ".pdf", ".txt", ".md")):
        words = tr("a document ({size}), no .py or .ipynb file")
    elif member.name.endswith((".html", ".htm", ".url", ".webloc")):
        words = tr("a text or a link ({size}) typed into the page, no .py or .ipynb file")
    else:
        words = tr("no .py or .ipynb file ({size})")
    return words.format(size=size_words(member.size))


@dataclass
class _ByteBudget:
    """Number of bytes that may still be read for one student."""

    tr: Translate
    left: int = MAX_SUBMISSION_BYTES

    def read(self, member: Member, limit: int) -> bytes:
        """Return the bytes of a member, without trusting the size that the archive claims.

        Raises OSError, or ValueError with the reason, also where the member has more than `limit` bytes.
        """
        if member.problem:
            raise ValueError(spoken(member.problem, self.tr))
        allowed = min(limit, self.left)
        try:
            data = member.read(allowed + 1)
        except ValueError as error:
            raise ValueError(spoken(str(error), self.tr)) from None
        self.left -= min(len(data), allowed)
        if len(data) <= allowed:
            return data
        words = self.tr("larger than {mib} MiB") if allowed == limit else self.tr("past {mib} MiB in all")
        raise ValueError(words.format(mib=(limit if allowed == limit else MAX_SUBMISSION_BYTES) >> 20))


def _refuse(reason: Exception) -> NoReturn:
    raise reason
