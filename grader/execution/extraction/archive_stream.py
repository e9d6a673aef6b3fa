"""Format of the bytes that a child writes about an archive, and their strict reader.

The child parses an archive of a student, so a hostile archive may have taken control of the child. `parse_stream`
accepts only files that the job wants, within the limits, and raises BadStreamError on everything else. No text of the
child reaches a message: the child reports a problem as a number from a closed list.

Theory of operation
    A stream is a sequence of records. A record is a head of 15 bytes, then a name, then a content. The head, in little
    endian, is the kind, the length of the name, the size of the file, and the length of the content. The child writes
    one record per file, folder or link, then a record of kind END. In this last record, the size is the number of
    records before it, and the content is one byte, the ending.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from grader.execution.extraction.archive_jobs import MAX_MEMBERS, MAX_NAME, ArchiveJob

HEAD = struct.Struct("<BHQI")
END = 0
"""Kind of the last record."""
LARGEST = 1 << 62
"""The largest size of a file, in bytes, that a record may state."""


class MemberKind(IntEnum):
    """Kind of the member that a record describes. Only a record of kind FILE has a content.

    UNWANTED is a file whose content the job does not want. SPECIAL is neither file, folder nor link, such as a device.
    UNREADABLE is a wanted file whose bytes do not match the size or checksum in the archive. OMITTED is a wanted file
    that does not fit into the limit for all contents together.
    """

    FILE = 1
    UNWANTED = 2
    FOLDER = 3
    LINK = 4
    SPECIAL = 5
    UNREADABLE = 6
    OMITTED = 7


class Ending(IntEnum):
    """How the reading of an archive ended."""

    COMPLETE = 1
    ENCRYPTED = 2
    SEVERAL_PARTS = 3
    UNSUPPORTED = 4
    BROKEN = 5
    TOO_MANY = 6


class BadStreamError(Exception):
    """The bytes do not follow the format of a stream, so the child was manipulated or has crashed."""


@dataclass(frozen=True)
class ExtractedMember:
    """One member of an archive: its name and size as stored in the archive, and its content.

    The content of a file that is larger than its limit is cut to one byte more than the limit.
    """

    name: bytes
    kind: MemberKind
    size: int = 0
    content: bytes = b""


@dataclass(frozen=True)
class Extraction:
    """The members of an archive in the order of the archive, and how the reading ended."""

    members: tuple[ExtractedMember, ...]
    ending: Ending


def pack_member(member: ExtractedMember) -> bytes:
    """Return the record of a member. The name of the member must have at most MAX_NAME bytes."""
    size = min(max(member.size, 0), LARGEST)
    return HEAD.pack(member.kind, len(member.name), size, len(member.content)) + member.name + member.content


def pack_ending(members: int, ending: Ending) -> bytes:
    """Return the last record of a stream that has `members` records before it."""
    return HEAD.pack(END, 0, members, 1) + bytes([ending])


def max_stream_bytes(job: ArchiveJob) -> int:
    """Return the maximum length, in bytes, of the stream that the child writes for a job."""
    return job.total + 1 + (32 << 20)


def parse_stream(stream: bytes, job: ArchiveJob) -> Extraction:
    """Return the members that a child reports for the archive of a job. Raises BadStreamError."""
    if len(stream) > max_stream_bytes(job):
        raise BadStreamError("too many bytes")
    members: list[ExtractedMember] = []
    room = job.total + 1
    for kind, name, size, content in _records(stream):
        if kind == END:
            if size != len(members) or len(content) != 1 or name:
                raise BadStreamError("the last record does not match the records before it")
            return Extraction(tuple(members), _ending(content[0]))
        member = ExtractedMember(name, _kind(kind), size, content)
        room -= len(content)
        if room < 0 or len(members) == MAX_MEMBERS:
            raise BadStreamError("too much content")
        _check(member, job)
        members.append(member)
    raise BadStreamError("no last record")


def _records(stream: bytes) -> Iterator[tuple[int, bytes, int, bytes]]:
    """Yield the records of a stream.

    Raises BadStreamError if a record is incomplete, or if the record of kind END is not the last one.
    """
    at = 0
    while at < len(stream):
        if len(stream) < at + HEAD.size:
            raise BadStreamError("an incomplete record")
        kind, name_length, size, length = HEAD.unpack_from(stream, at)
        start = at + HEAD.size
        at = start + name_length + length
        if name_length > MAX_NAME or size > LARGEST or at > len(stream):
            raise BadStreamError("an incomplete record")
        if (kind == END) != (at == len(stream)):
            raise BadStreamError("the last record is not at the end")
        yield kind, stream[start : start + name_length], size, stream[start + name_length : at]


def _check(member: ExtractedMember, job: ArchiveJob) -> None:
    """Raise BadStreamError if a member has a content that the job does not want, or more of it than the limit."""
    limit = job.size_limit(member.name)
    if member.kind != MemberKind.FILE and member.content:
        raise BadStreamError("a record that is not a file has content")
    if member.kind == MemberKind.FILE and (limit is None or len(member.content) > limit + 1):
        raise BadStreamError("content that the job does not want")


def _kind(number: int) -> MemberKind:
    try:
        return MemberKind(number)
    except ValueError:
        raise BadStreamError("an unknown kind") from None


def _ending(number: int) -> Ending:
    try:
        return Ending(number)
    except ValueError:
        raise BadStreamError("an unknown ending") from None
