"""The source files of one student and how to read each: plain ones, and those in an archive of the student's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NoReturn

from grader.core.display_width import format_size
from grader.core.reasons import Code, UnreadableError
from grader.submissions.members import tars, zips
from grader.submissions.members.tree import ARCHIVES, CLOSED, TARS, ZIP, Member
from grader.submissions.submission import MAX_BYTES, Read, most_of

NAMED = 5
"""Files that are named when none of them is code."""


def contents(members: Sequence[Member]) -> Iterator[tuple[str, Read]]:
    """Every file that may hold code, with what reads it or says why it is not read.

    When there is none, the files that there are, with the reason why a human must look. An archive is opened when it
    stands for the student or lies among the files; an archive inside an archive is not.
    """
    allowance = _Allowance()
    mine = [member for member in members if not member.is_folder]
    coded = [member for member in mine if member.may_hold_code]
    for member in coded:
        if member.name.endswith((ZIP, *TARS)):
            yield from _unpacked(member, f"{member.path}/" if len(coded) > 1 else "", allowance)
        else:
            yield member.path, _reader(member, allowance)
    if not coded:
        yield from _no_code(mine, "")


def _unpacked(archive: Member, prefix: str, allowance: _Allowance) -> Iterator[tuple[str, Read]]:
    try:
        data = allowance.read(archive, MAX_BYTES)
        members = tars.members_of(data) if archive.name.endswith(TARS) else zips.inner_members(data)
    except (OSError, UnreadableError) as error:
        yield archive.path, partial(_refuse, error)
        return
    coded = [member for member in members if member.may_hold_code]
    for member in coded:
        yield prefix + member.path, _reader(member, allowance, inner=True)
    if not coded:
        yield from _no_code([m for m in members if not m.is_folder], f"{archive.path}/")


def _reader(member: Member, allowance: _Allowance, inner: bool = False) -> Read:
    """What reads a source file, or says of anything else why it is not read."""
    if member.is_source or member.problem:
        return partial(allowance.read, member, most_of(member.name))
    if inner and member.name.endswith(ARCHIVES):
        return partial(_refuse, UnreadableError(Code.INNER_ARCHIVE))
    code = Code.CLOSED_ARCHIVE if member.name.endswith(CLOSED) else Code.RENAMED_CODE
    return partial(_refuse, UnreadableError(code))


def _no_code(members: Sequence[Member], prefix: str) -> Iterator[tuple[str, Read]]:
    """Why a human must look at a student without code; nothing when there is nothing to look at."""
    for member in members[:NAMED]:
        yield prefix + member.path, partial(_refuse, _not_code(member))
    if len(members) > NAMED:
        more = UnreadableError(Code.MORE_WITHOUT_CODE, more=len(members) - NAMED)
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
class _Allowance:
    """How many bytes may still be read for one student."""

    left: int = MAX_BYTES

    def read(self, member: Member, most: int) -> bytes:
        """The bytes of a member, whatever size it claims to have. Raises OSError or UnreadableError."""
        if member.problem:
            raise UnreadableError(member.problem)
        limit = min(most, self.left)
        data = member.take(limit + 1)
        self.left -= min(len(data), limit)
        if len(data) <= limit:
            return data
        if limit == most:
            raise UnreadableError(Code.TOO_LARGE, mib=most >> 20)
        raise UnreadableError(Code.PAST_TOTAL, mib=MAX_BYTES >> 20)


def _refuse(reason: Exception) -> NoReturn:
    raise reason
