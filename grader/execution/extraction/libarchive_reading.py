"""Read an archive with libarchive, in the sandbox: names, kinds and contents, within the limits of a job."""

from __future__ import annotations

import ctypes
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from grader.execution.extraction.archive_jobs import MAX_MEMBERS, MAX_NAME, ArchiveJob
from grader.execution.extraction.archive_stream import (
    Ending,
    ExtractedMember,
    MemberKind,
    pack_ending,
    pack_member,
)
from grader.execution.extraction.rar_headers import walk

ARCHIVES = (("format", "7zip"), ("format", "rar"), ("format", "rar5"))
COMPRESSED_FILES = (("format", "raw"), ("filter", "bzip2"), ("filter", "xz"), ("filter", "zstd"))
"""Formats and filters that libarchive may recognize.

libarchive knows thirty formats. Each enabled format is code that the bytes of a hostile archive can reach.
"""

CHUNK = 1 << 16
REGULAR, FOLDER, LINK = 0o100000, 0o040000, 0o120000
"""Numbers of libarchive for the types of files."""


class _ArchiveError(Exception):
    """The archive cannot be read to its end; `ending` says why."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending)
        self.ending = ending


class ArchiveReader:
    """Reads the archive of one job. `library` is the module that `libarchive.load` returns."""

    def __init__(self, library: ModuleType, job: ArchiveJob) -> None:
        self._library: Any = library
        self._job, self._room = job, job.total + 1
        self._buffer = ctypes.create_string_buffer(CHUNK)
        self._checksums: list[int | None] | None = None
        for name in ("entry_is_encrypted", "read_has_encrypted_entries"):
            library.ffi(name, [ctypes.c_void_p], ctypes.c_int)

    def write_stream(self, write: Callable[[bytes], None]) -> None:
        """Write one record for each member of the archive, then one record for the ending."""
        number, waiting = 0, bytearray()
        try:
            self._check_rar_headers()
            with self._opened() as archive:
                for member in self._members(archive):
                    waiting += pack_member(member)
                    number += 1
                    if len(waiting) > CHUNK:
                        write(bytes(waiting))
                        waiting.clear()
            ending = Ending.COMPLETE
        except _ArchiveError as error:
            ending = error.ending
        write(bytes(waiting) + pack_ending(number, ending))

    def _check_rar_headers(self) -> None:
        """Store the checksums in the headers of a RAR archive. Raises _ArchiveError if it cannot be read as a whole."""
        headers = walk(self._job.data, MAX_MEMBERS)
        if headers is None:
            return
        if headers.is_part:
            raise _ArchiveError(Ending.SEVERAL_PARTS)
        if headers.is_encrypted:
            raise _ArchiveError(Ending.ENCRYPTED)
        if len(headers.checksums) > MAX_MEMBERS:
            raise _ArchiveError(Ending.TOO_MANY)
        if not headers.is_complete:
            raise _ArchiveError(Ending.BROKEN)
        self._checksums = headers.checksums

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        library, data = self._library, self._job.data
        archive = library.read_new()
        try:
            for what, name in COMPRESSED_FILES if self._job.is_compressed_file else ARCHIVES:
                getattr(library, f"get_read_{what}_function")(name)(archive)
            bytes_of_archive = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p)
            self._call(archive, library.read_open_memory, bytes_of_archive, len(data))
            yield archive
        finally:
            library.read_free(archive)

    def _members(self, archive: Any) -> Iterator[ExtractedMember]:
        library, number = self._library, 0
        entry = library.entry_new()
        while self._call(archive, library.read_next_header2, entry) != library.ARCHIVE_EOF:
            if library.entry_is_encrypted(entry):
                raise _ArchiveError(Ending.ENCRYPTED)
            if number == MAX_MEMBERS:
                raise _ArchiveError(Ending.TOO_MANY)
            if self._checksums is not None and number == len(self._checksums):
                raise _ArchiveError(Ending.BROKEN)  # libarchive finds more files than there are headers
            yield self._member(archive, entry, self._checksums[number] if self._checksums else None)
            while self._call(archive, library.read_data, self._buffer, CHUNK) > 0:
                pass  # libarchive 3.6 loses its place in a 7z archive if it skips the rest of a large file by itself
            number += 1
        if self._checksums is not None and number < len(self._checksums):
            raise _ArchiveError(Ending.BROKEN)

    def _member(self, archive: Any, entry: Any, checksum: int | None) -> ExtractedMember:
        library = self._library
        name = shortened(library.entry_pathname(entry) or b"")
        if not name:  # libarchive gives no name if the next file has the same name, or if it cannot decode the name
            raise _ArchiveError(Ending.BROKEN)
        size, kind = max(0, library.entry_size(entry)), library.entry_filetype(entry)
        if library.entry_hardlink(entry) or kind == LINK:
            return ExtractedMember(name, MemberKind.LINK, size)
        if kind == FOLDER:
            return ExtractedMember(name, MemberKind.FOLDER)
        if kind != REGULAR:
            return ExtractedMember(name, MemberKind.SPECIAL, size)
        limit = self._job.size_limit(name)
        if limit is None:
            return ExtractedMember(name, MemberKind.UNWANTED, size)
        if self._room <= 0:
            return ExtractedMember(name, MemberKind.OMITTED, size)
        most = min(limit + 1, self._room)
        content = self._content(archive, most)
        if content is None:
            return ExtractedMember(name, MemberKind.UNREADABLE, size)
        self._room -= len(content)
        if len(content) == most < limit + 1:  # the total limit cut the file: omit it rather than return a part of it
            return ExtractedMember(name, MemberKind.OMITTED, size)
        if len(content) < most and not self._is_whole(entry, content, checksum):
            return ExtractedMember(name, MemberKind.UNREADABLE, size)
        return ExtractedMember(name, MemberKind.FILE, size, content)

    def _is_whole(self, entry: Any, content: bytes, checksum: int | None) -> bool:
        """Return whether the content of a file has the size and the checksum that are stored in the archive."""
        if self._library.entry_size_is_set(entry) and self._library.entry_size(entry) != len(content):
            return False
        return checksum is None or zlib.crc32(content) == checksum

    def _content(self, archive: Any, most: int) -> bytes | None:
        """Return the first `most` bytes of the current file; None if libarchive reports that they are damaged."""
        chunks, left = [], most
        while left:
            count = self._call(archive, self._library.read_data, self._buffer, min(CHUNK, left))
            if count < 0:
                return None
            if not count:
                break
            chunks.append(self._buffer.raw[:count])
            left -= count
        return b"".join(chunks)

    def _call(self, archive: Any, function: Callable[..., int], *arguments: Any) -> int:
        """Call a function of libarchive. Raises _ArchiveError, with an ending chosen by the words of its message."""
        try:
            return function(archive, *arguments)
        except self._library.ArchiveError as error:
            text = str(error.msg or "").lower()
            if "encrypt" in text or self._library.read_has_encrypted_entries(archive) > 0:
                raise _ArchiveError(Ending.ENCRYPTED) from None
            if any(word in text for word in ("unsupported", "unavailable", "not supported")):
                raise _ArchiveError(Ending.UNSUPPORTED) from None
            raise _ArchiveError(Ending.BROKEN) from None


def shortened(name: bytes) -> bytes:
    """Return a name of at most MAX_NAME bytes: the start and the end of a longer one, so that its suffix is known."""
    return name if len(name) <= MAX_NAME else name[: MAX_NAME // 2] + name[-MAX_NAME // 2 :]
