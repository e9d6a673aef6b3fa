"""Walk through the headers of a RAR archive, to check facts that libarchive does not check or does not report.

libarchive 3.6 reads a RAR archive that was cut between two files as if it were complete. libarchive 3.6 compares no
checksum of an uncompressed file, returns the encrypted bytes of a RAR 5 file as its content, and leaves out one of two
neighboring files with the same name. This module reads the headers of RAR 4 and RAR 5, in the sandbox. The fields are
described in rarlab's technical notes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

RAR4, RAR5 = b"Rar!\x1a\x07\x00", b"Rar!\x1a\x07\x01\x00"


@dataclass
class RarHeaders:
    """Facts from the headers of a RAR archive.

    is_part: True for one part of an archive in several parts.
    is_complete: True if the header that ends the archive is there, and nothing follows it.
    checksums: the CRC-32 of each file or folder; None if its header contains no checksum.
    """

    is_part: bool = False
    is_encrypted: bool = False
    is_complete: bool = False
    checksums: list[int | None] = field(default_factory=list)


def walk(data: bytes, most: int) -> RarHeaders | None:
    """Return the facts from the headers of a RAR archive; None for other data.

    The walk ends after the headers of `most` + 1 files.
    """
    if data.startswith(RAR5):
        return _walk5(data, most)
    return _walk4(data, most) if data.startswith(RAR4) else None


def _walk4(data: bytes, most: int) -> RarHeaders:
    found, at = RarHeaders(), len(RAR4)
    while at + 7 <= len(data) and len(found.checksums) <= most:
        kind, flags, size = data[at + 2], _integer(data, at + 3, 2), _integer(data, at + 5, 2)
        if size < 7 or found.is_encrypted:
            break
        packed = _integer(data, at + 7, 4) if flags & 0x8000 or kind in (0x74, 0x7A) else 0
        if kind == 0x73:
            found.is_part, found.is_encrypted = bool(flags & 1), bool(flags & 0x80)
        elif kind == 0x74:
            found.is_encrypted = bool(flags & 4)
            found.checksums.append(_integer(data, at + 16, 4))
            packed += _integer(data, at + 32, 4) << 32 if flags & 0x100 else 0
        at += size + packed
        if kind == 0x7B:
            found.is_complete = at == len(data)
            break
    return found


def _walk5(data: bytes, most: int) -> RarHeaders:
    found, at = RarHeaders(), len(RAR5)
    while at < len(data) and len(found.checksums) <= most:
        size, start = _number(data, at + 4)
        end = start + size
        kind, at = _number(data, start)
        flags, at = _number(data, at)
        extra, at = _number(data, at) if flags & 1 else (0, at)
        packed, at = _number(data, at) if flags & 2 else (0, at)
        if not size or end > len(data):
            break
        if kind == 1:
            found.is_part = bool(_number(data, at)[0] & 1)
        elif kind == 2:
            found.checksums.append(_checksum5(data, at))
            found.is_encrypted = found.is_encrypted or _has_encryption_record(data[max(at, end - extra) : end])
        found.is_encrypted = found.is_encrypted or kind == 4
        at = end + packed
        if kind == 5 or found.is_encrypted:
            found.is_complete = at == len(data)
            break
    return found


def _checksum5(data: bytes, at: int) -> int | None:
    """Return the checksum in the header of a file; `at` is the position of the flags of the file."""
    flags, at = _number(data, at)
    _, at = _number(data, at)  # size of the file
    _, at = _number(data, at)  # attributes of the file
    return _integer(data, at + 4 * bool(flags & 2), 4) if flags & 4 else None


def _has_encryption_record(extra: bytes) -> bool:
    at = 0
    while at < len(extra):
        size, start = _number(extra, at)
        if _number(extra, start)[0] == 1:
            return True
        at = start + max(size, 1)
    return False


def _integer(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "little")


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Return a number in the variable-length format of RAR 5, and the position after the number."""
    value = 0
    for shift in range(0, 63, 7):
        if at >= len(data):
            return 0, at
        value |= (data[at] & 0x7F) << shift
        at += 1
        if data[at - 1] < 0x80:
            break
    return value, at
