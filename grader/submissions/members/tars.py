"""List the files in a tar or tar.gz that a student submitted. The archive is read in memory, up to a size limit."""

from __future__ import annotations

import io
import tarfile
import zlib
from dataclasses import replace
from functools import partial
from typing import Self

from grader.core.reasons import Code, UnreadableError
from grader.core.visible_text import visible
from grader.submissions.file_reading import IGNORED_FOLDERS
from grader.submissions.members.path_rules import MAX_MEMBERS
from grader.submissions.members.tree import Member
from grader.submissions.members.zips import CUT_OFF, error_text
from grader.submissions.size_limits import MAX_SUBMISSION_BYTES

GZIP = b"\x1f\x8b"
MAX_HEADER_COST = 1 << 30
"""Maximum sum of the squared sizes, in bytes, of the extended headers of a tar.

Python before 3.11.10 searches such a header in quadratic time.
"""

EXTENDED_TYPES = (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE)
NEGATIVE, TOO_MANY = "a negative size in it", "too many files in it"
"""Faults of a tar that the grader finds. The reason why the tar is not read quotes the fault."""
BAD_HEADER = "a header in it cannot be read"
TRAILING = "there is data after its end"


def read_members(data: bytes) -> list[Member]:
    """Return the files in a tar or tar.gz, sorted by path. Raises UnreadableError."""
    data = _expanded(data) if data.startswith(GZIP) else data
    found: dict[tuple[str, ...], Member] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:", tarinfo=_checked_header_type()) as archive:
            for number, info in enumerate(archive):
                if number == MAX_MEMBERS:
                    raise ValueError(TOO_MANY)
                if info.size < 0:  # an extended header may claim a negative size
                    raise ValueError(NEGATIVE)
                member = _member(data, info)
                if info.isdir() or not member.parts or any(p in IGNORED_FOLDERS or p[:1] == "." for p in member.parts):
                    continue
                found[member.parts] = replace(member, problem=Code.TWICE) if member.parts in found else member
            _check_end(data, archive.offset)
    except Exception as error:  # noqa: BLE001  (tarfile raises a dozen kinds of errors for broken headers)
        raise UnreadableError(Code.NO_TAR, detail=error_text(error)) from None
    return [found[parts] for parts in sorted(found)]


def _check_end(data: bytes, end: int) -> None:
    """Check that a tar ends at `end`, the offset at which tarfile stopped. Raises ValueError with the fault.

    tarfile takes an invalid header after the first member for the end of the tar, so members could be missing.
    """
    if len(data) < end + tarfile.BLOCKSIZE:
        raise ValueError(CUT_OFF)
    if any(data[end : end + tarfile.BLOCKSIZE]):
        raise ValueError(BAD_HEADER)
    if data.count(0, end) < len(data) - end:
        raise ValueError(TRAILING)


def _checked_header_type() -> type[tarfile.TarInfo]:
    """Return a subclass of TarInfo that checks each header before tarfile uses it.

    With some headers tarfile would loop forever or search for hours.
    """
    remaining_cost = MAX_HEADER_COST

    class CheckedHeader(tarfile.TarInfo):
        @classmethod
        def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
            nonlocal remaining_cost
            info = super().frombuf(buf, encoding, errors)
            if info.size < 0:
                raise ValueError(NEGATIVE)
            remaining_cost -= info.size**2 if info.type in EXTENDED_TYPES else 0
            if remaining_cost < 0:
                raise ValueError(TOO_MANY)
            return info

    return CheckedHeader


def _member(data: bytes, info: tarfile.TarInfo) -> Member:
    name = visible(info.name[:500].encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    make = partial(Member, read=partial(_read, data, info), size=info.size)
    if name.startswith("/") or ".." in parts:
        return make(tuple(part for part in parts if part != "..")[-1:], problem=Code.LEADS_OUT, outside_name=name)
    if info.issym() or info.islnk():
        return make(parts, problem=Code.LINK)
    return make(parts, problem=None if info.isreg() and not info.issparse() else Code.NOT_REGULAR)


def _read(data: bytes, info: tarfile.TarInfo, limit: int) -> bytes:
    """Return the first `limit` bytes of a file in the tar `data`."""
    return data[info.offset_data : info.offset_data + min(info.size, limit)]


def _expanded(data: bytes) -> bytes:
    """Expand gzip data up to the size limit of a submission. Raises UnreadableError."""
    expander = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        expanded = expander.decompress(data, MAX_SUBMISSION_BYTES + 1)
    except zlib.error as error:
        raise UnreadableError(Code.BROKEN, detail=error_text(error)) from None
    if len(expanded) > MAX_SUBMISSION_BYTES:
        raise UnreadableError(Code.TOO_LARGE, mib=MAX_SUBMISSION_BYTES >> 20)
    if not expander.eof:  # zlib raises no error if its input ends early
        raise UnreadableError(Code.BROKEN, detail=CUT_OFF)
    if expander.unused_data.count(0) < len(expander.unused_data):
        raise UnreadableError(Code.BROKEN, detail=TRAILING)
    return expanded
