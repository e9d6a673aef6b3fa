"""The members of a student's own tar or tar.gz, in memory: it is expanded to a limit and never extracted."""

from __future__ import annotations

import io
import tarfile
import zlib
from dataclasses import replace
from functools import partial
from typing import Self

from grader.core.reasons import Code, UnreadableError
from grader.core.visible_text import visible
from grader.submissions.members.tree import Member
from grader.submissions.members.zips import CUT_OFF, MAX_MEMBERS, words
from grader.submissions.submission import MAX_BYTES, NO_SOURCES

GZIP = b"\x1f\x8b"
MAX_EXTRA = 1 << 30
"""The squares of the sizes of all extended headers, added up: Pythons before 3.11.10 take so long to search them."""

EXTRA = (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE)
NEGATIVE, TOO_MANY = "a negative size in it", "too many files in it"
"""What is wrong with a header: a detail of the reason."""
BAD_HEADER = "a header in it cannot be read"
TRAILING = "there is more after its end"


def members_of(data: bytes) -> list[Member]:
    """The files in a tar, in the order of their paths. Raises UnreadableError."""
    data = _expanded(data) if data.startswith(GZIP) else data
    found: dict[tuple[str, ...], Member] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:", tarinfo=_careful()) as archive:
            for number, info in enumerate(archive):
                if number == MAX_MEMBERS:
                    raise ValueError(TOO_MANY)
                if info.size < 0:  # an extended header may say so
                    raise ValueError(NEGATIVE)
                member = _member(data, info)
                if info.isdir() or not member.parts or any(p in NO_SOURCES or p[:1] == "." for p in member.parts):
                    continue
                found[member.parts] = replace(member, problem=Code.TWICE) if member.parts in found else member
            _check_end(data, archive.offset)
    except Exception as error:  # noqa: BLE001  (broken headers set off errors of a dozen kinds)
        raise UnreadableError(Code.NO_TAR, detail=words(error)) from None
    return [found[parts] for parts in sorted(found)]


def _check_end(data: bytes, end: int) -> None:
    """Check that an archive is over where tarfile stopped. Raises ValueError with what is wrong.

    After the first member, tarfile takes whatever is no sound header for the end, and what follows would be missing.
    """
    if len(data) < end + tarfile.BLOCKSIZE:
        raise ValueError(CUT_OFF)
    if any(data[end : end + tarfile.BLOCKSIZE]):
        raise ValueError(BAD_HEADER)
    if data.count(0, end) < len(data) - end:
        raise ValueError(TRAILING)


def _careful() -> type[tarfile.TarInfo]:
    """Looks at each header before tarfile does what it says: some lead it in a circle, or keep it busy for hours."""
    room = MAX_EXTRA

    class Careful(tarfile.TarInfo):
        @classmethod
        def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
            nonlocal room
            info = super().frombuf(buf, encoding, errors)
            if info.size < 0:
                raise ValueError(NEGATIVE)
            room -= info.size**2 if info.type in EXTRA else 0
            if room < 0:
                raise ValueError(TOO_MANY)
            return info

    return Careful


def _member(data: bytes, info: tarfile.TarInfo) -> Member:
    name = visible(info.name[:500].encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    make = partial(Member, take=partial(_take, data, info), size=info.size)
    if name.startswith("/") or ".." in parts:
        return make(tuple(part for part in parts if part != "..")[-1:], problem=Code.LEADS_OUT, leads_out=name)
    if info.issym() or info.islnk():
        return make(parts, problem=Code.LINK)
    return make(parts, problem=None if info.isreg() and not info.issparse() else Code.NOT_REGULAR)


def _take(data: bytes, info: tarfile.TarInfo, most: int) -> bytes:
    """At most so many bytes of a plain file, which stand in the archive as they are."""
    return data[info.offset_data : info.offset_data + min(info.size, most)]


def _expanded(data: bytes) -> bytes:
    """What was compressed, up to the size of a submission. Raises UnreadableError."""
    expander = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        made = expander.decompress(data, MAX_BYTES + 1)
    except zlib.error as error:
        raise UnreadableError(Code.BROKEN, detail=words(error)) from None
    if len(made) > MAX_BYTES:
        raise UnreadableError(Code.TOO_LARGE, mib=MAX_BYTES >> 20)
    if not expander.eof:  # zlib says nothing when its input ends early
        raise UnreadableError(Code.BROKEN, detail=CUT_OFF)
    if expander.unused_data.count(0) < len(expander.unused_data):
        raise UnreadableError(Code.BROKEN, detail=TRAILING)
    return made
