"""The source files of one student and how to read each: plain ones, and those in an archive of the student's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NoReturn

from grader.core.display_width import size_words
from grader.submissions.members import tars, zips
from grader.submissions.members.tree import ARCHIVES, CLOSED, TARS, ZIP, Member, Translate
from grader.submissions.members.unread_reasons import spoken
from grader.submissions.submission import MAX_BYTES, Read, most_of

NAMED = 5
"""Files that are named when none of them is code."""


def contents(members: Sequence[Member], tr: Translate) -> Iterator[tuple[str, Read]]:
    """Every file that may hold code, with what reads it or says why it is not read.

    When there is none, the files that there are, with the reason why a human must look. An archive is opened when it
    stands for the student or lies among the files; an archive inside an archive is not.
    """
    allowance = _Allowance(tr)
    mine = [member for member in members if not member.is_folder]
    coded = [member for member in mine if member.may_hold_code]
    for member in coded:
        if member.name.endswith((ZIP, *TARS)):
            yield from _unpacked(member, f"{member.path}/" if len(coded) > 1 else "", allowance)
        else:
            yield member.path, _reader(member, allowance)
    if not coded:
        yield from _no_code(mine, "", tr)


def _unpacked(archive: Member, prefix: str, allowance: _Allowance) -> Iterator[tuple[str, Read]]:
    try:
        data = allowance.read(archive, MAX_BYTES)
        members = tars.members_of(data) if archive.name.endswith(TARS) else zips.inner_members(data)
    except OSError as error:
        yield archive.path, partial(_refuse, error)
        return
    except ValueError as error:
        yield archive.path, partial(_refuse, ValueError(spoken(str(error), allowance.tr)))
        return
    coded = [member for member in members if member.may_hold_code]
    for member in coded:
        yield prefix + member.path, _reader(member, allowance, inner=True)
    if not coded:
        yield from _no_code([m for m in members if not m.is_folder], f"{archive.path}/", allowance.tr)


def _reader(member: Member, allowance: _Allowance, inner: bool = False) -> Read:
    """What reads a source file, or says of anything else why it is not read."""
    if member.is_source or member.problem:
        return partial(allowance.read, member, most_of(member.name))
    if inner and member.name.endswith(ARCHIVES):
        return partial(_refuse, ValueError(allowance.tr("an archive inside an archive, which is not opened")))
    if member.name.endswith(CLOSED):
        return partial(_refuse, ValueError(allowance.tr("an archive that cannot be opened here: ask for a .zip")))
    return partial(_refuse, ValueError(allowance.tr("renamed source code: take off the last ending, and grade again")))


def _no_code(members: Sequence[Member], prefix: str, tr: Translate) -> Iterator[tuple[str, Read]]:
    """Why a human must look at a student without code; nothing when there is nothing to look at."""
    for member in members[:NAMED]:
        reason = spoken(member.problem, tr) if member.problem else _kind(member, tr)
        yield prefix + member.path, partial(_refuse, ValueError(reason))
    if len(members) > NAMED:
        more = tr("{more} more files, and none is .py or .ipynb").format(more=len(members) - NAMED)
        yield prefix or "…", partial(_refuse, ValueError(more))
    if prefix and not members:
        yield prefix.rstrip("/"), partial(_refuse, ValueError(tr("an empty archive")))


def _kind(member: Member, tr: Translate) -> str:
    if member.name.endswith((".docx", ".doc", ".odt", ".rtf", ".pdf", ".txt", ".md")):
        what = tr("a document ({size}), no .py or .ipynb file")
    elif member.name.endswith((".html", ".htm", ".url", ".webloc")):
        what = tr("a text or a link ({size}) typed into the page, no .py or .ipynb file")
    else:
        what = tr("no .py or .ipynb file ({size})")
    return what.format(size=size_words(member.size))


@dataclass
class _Allowance:
    """How many bytes may still be read for one student."""

    tr: Translate
    left: int = MAX_BYTES

    def read(self, member: Member, most: int) -> bytes:
        """The bytes of a member, whatever size it claims to have. Raises OSError, or ValueError with the reason."""
        if member.problem:
            raise ValueError(spoken(member.problem, self.tr))
        limit = min(most, self.left)
        try:
            data = member.take(limit + 1)
        except ValueError as error:
            raise ValueError(spoken(str(error), self.tr)) from None
        self.left -= min(len(data), limit)
        if len(data) <= limit:
            return data
        words = self.tr("larger than {mib} MiB") if limit == most else self.tr("past {mib} MiB in all")
        raise ValueError(words.format(mib=(most if limit == most else MAX_BYTES) >> 20))


def _refuse(reason: Exception) -> NoReturn:
    raise reason
