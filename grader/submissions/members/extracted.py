"""List the members of an archive that libarchive opened in a sandbox, by the same rules as for a zip."""

from __future__ import annotations

import codecs
from functools import partial

from grader.core.reasons import Code, UnreadableError
from grader.execution.extraction.archive_jobs import ArchiveJob
from grader.execution.extraction.archive_stream import Ending, ExtractedMember, Extraction, MemberKind
from grader.submissions.csv_encodings import decode_unlabeled
from grader.submissions.file_reading import SOURCE_SUFFIXES, OpenArchive
from grader.submissions.members.path_rules import check_path, distinct_members
from grader.submissions.members.tree import ARCHIVES, Member
from grader.submissions.size_limits import MAX_SUBMISSION_BYTES, size_limit

SEVEN_ZIP, RAR = b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07"
COMPRESSED = (b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd")
"""First bytes of files compressed with bzip2, xz and zstd."""

ENDINGS = {
    Ending.ENCRYPTED: UnreadableError(Code.ENCRYPTED),
    Ending.SEVERAL_PARTS: UnreadableError(Code.SEVERAL_PARTS),
    Ending.UNSUPPORTED: UnreadableError(Code.UNUSUAL_COMPRESSION),
    Ending.BROKEN: UnreadableError(Code.BROKEN, detail=""),
    Ending.TOO_MANY: UnreadableError(Code.TOO_MANY_MEMBERS, detail=""),
}
"""How the reading of an archive ended early -> why the archive is unreadable.

An archive whose reading ended early is not graded at all, because the file to grade may be among the missing members.
"""

PROBLEMS = {
    MemberKind.LINK: Code.LINK,
    MemberKind.SPECIAL: Code.NOT_REGULAR,
}


def read_members(data: bytes, max_bytes: int, open_archive: OpenArchive, seconds: float) -> list[Member]:
    """Return the members of a 7z or RAR archive.

    Contents of more than `max_bytes` in all are omitted. Raises UnreadableError, also if opening the archive takes more
    than `seconds`.
    """
    wanted = {suffix: size_limit(suffix) for suffix in SOURCE_SUFFIXES} | dict.fromkeys(ARCHIVES, MAX_SUBMISSION_BYTES)
    extraction = open_archive(ArchiveJob(data, wanted, max_bytes), seconds)
    _check_ending(extraction)
    return distinct_members(map(_member, extraction.members))[0]


def expand(data: bytes, max_bytes: int, open_archive: OpenArchive, seconds: float) -> bytes:
    """Return the content of a file that is compressed with bzip2, xz or zstd.

    Raises UnreadableError, also if the content has more than `max_bytes` or the expansion takes more than `seconds`.
    """
    extraction = open_archive(ArchiveJob(data, {}, max_bytes, is_compressed_file=True), seconds)
    _check_ending(extraction)
    content = b"".join(member.content for member in extraction.members)
    if len(content) > max_bytes:
        code = Code.TOO_LARGE if max_bytes == MAX_SUBMISSION_BYTES else Code.PAST_TOTAL
        raise UnreadableError(code, mib=MAX_SUBMISSION_BYTES >> 20)
    return content


def _check_ending(extraction: Extraction) -> None:
    if extraction.ending != Ending.COMPLETE:
        error = ENDINGS[extraction.ending]
        raise UnreadableError(error.code, **error.facts)


def _member(found: ExtractedMember) -> Member:
    path = check_path(_decode(found.name))
    is_folder = found.kind == MemberKind.FOLDER
    problem = path.problem or PROBLEMS.get(found.kind)
    return Member(path.parts, partial(_content, found), is_folder, found.size, problem, path.outside_name)


def _content(found: ExtractedMember, limit: int) -> bytes:
    """Return the first `limit` bytes of a file. Raises UnreadableError."""
    if found.kind == MemberKind.OMITTED:
        raise UnreadableError(Code.PAST_TOTAL, mib=MAX_SUBMISSION_BYTES >> 20)
    if found.kind != MemberKind.FILE:  # unreadable, or a folder named like a file (`ex1.py/`)
        raise UnreadableError(Code.BROKEN, detail="")
    return found.content[:limit]


def _decode(name: bytes) -> str:
    """Decode the name of a member as UTF-8, else as GBK (from old programs on a Chinese Windows), else as CP437."""
    try:
        return codecs.decode(name, "utf-8")
    except UnicodeDecodeError:
        return decode_unlabeled(name, "cp437")
