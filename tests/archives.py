"""Make archives like those of students and of attackers, in memory: 7z with libarchive, RAR 4 and RAR 5 byte by byte.

No free program writes RAR. Both formats of RAR can store a file without compression in a simple way, which is enough
for the tests.
"""

import ctypes
import zlib
from dataclasses import dataclass

import libarchive
from libarchive import ffi
from libarchive.entry import ArchiveEntry, FileType

RAR4, RAR5 = b"Rar!\x1a\x07\x00", b"Rar!\x1a\x07\x01\x00"
SYMBOLIC, HARD = 1, 4
"""Numbers of RAR 5 for the kinds of links."""


@dataclass(frozen=True)
class Entry:
    """One entry of a RAR archive.

    link: the kind of link in RAR 5; 0 for a file.
    size: the size that the header states, if it differs from the length of `data`.
    mode: the type and permissions of the file, as in `os.stat`.
    """

    name: bytes
    data: bytes = b""
    link: int = 0
    size: int | None = None
    mode: int = 0o100644
    encrypted: bool = False
    bad_checksum: bool = False


def seven_zip(files, links=None):
    """Return a 7z archive. `files` maps names to contents, `links` maps names of symbolic links to their targets."""
    chunks = []
    with libarchive.custom_writer(lambda chunk: chunks.append(bytes(chunk)) or len(chunk), "7zip") as archive:
        for name, content in files.items():
            data = content if isinstance(content, bytes) else content.encode()
            archive.add_file_from_memory(name, len(data), data)
        for name, target in (links or {}).items():
            entry = ArchiveEntry(pathname=name, filetype=FileType.SYMBOLINK_LINK, size=0, perm=0o777)
            ffi.ffi("entry_set_symlink", [ctypes.c_void_p, ctypes.c_char_p], None)(entry._entry_p, target.encode())
            ffi.write_header(archive._pointer, entry._entry_p)
    return b"".join(chunks)


def rar5(*entries, volume=False, encrypted_headers=False, ends=True):
    """Return a RAR 5 archive. `volume` makes it a part of several; without `ends` it has no header of its end."""
    blocks = [RAR5]
    if encrypted_headers:
        blocks.append(_block5(4, 0, _number(0) + _number(0) + b"\x0f" + bytes(16)))
    blocks.append(_block5(1, 0, _number(int(volume))))
    blocks += map(_file5, entries)
    return b"".join(blocks) + (_block5(5, 4, _number(0)) if ends else b"")


def rar4(*entries, volume=False, encrypted_headers=False, ends=True):
    """Return a RAR 4 archive. `volume` makes it a part of several; without `ends` it has no header of its end."""
    blocks = [RAR4, _block4(0x73, int(volume) | 0x80 * encrypted_headers, bytes(6))]
    blocks += map(_file4, entries)
    return b"".join(blocks) + (_block4(0x7B, 0x4000, b"") if ends else b"")


def _file5(entry):
    extra = b""
    if entry.link:
        target = _number(5) + _number(entry.link) + _number(0) + _number(len(entry.data)) + entry.data
        extra += _number(len(target)) + target
    if entry.encrypted:
        secret = _number(1) + _number(0) + _number(0) + b"\x0f" + bytes(32)
        extra += _number(len(secret)) + secret
    data = b"" if entry.link else entry.data
    size = len(data) if entry.size is None else entry.size
    checksum = (zlib.crc32(data) ^ entry.bad_checksum).to_bytes(4, "little")
    body = _number(4) + _number(size) + _number(entry.mode) + checksum + _number(0) + _number(1)
    body += _number(len(entry.name)) + entry.name + extra
    return _block5(2, 2 | bool(extra), body, len(data), len(extra)) + data


def _block5(kind, flags, body, data_size=0, extra_size=0):
    head = _number(kind) + _number(flags)
    head += (_number(extra_size) if flags & 1 else b"") + (_number(data_size) if flags & 2 else b"") + body
    sized = _number(len(head)) + head
    return zlib.crc32(sized).to_bytes(4, "little") + sized


def _number(value):
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*made, value])


def _file4(entry):
    size = len(entry.data) if entry.size is None else entry.size
    body = len(entry.data).to_bytes(4, "little") + size.to_bytes(4, "little") + b"\x03"
    body += (zlib.crc32(entry.data) ^ entry.bad_checksum).to_bytes(4, "little") + bytes(4) + bytes([20, 0x30])
    body += len(entry.name).to_bytes(2, "little") + entry.mode.to_bytes(4, "little") + entry.name
    return _block4(0x74, 0x8000 | 4 * entry.encrypted, body) + entry.data


def _block4(kind, flags, body):
    rest = bytes([kind]) + flags.to_bytes(2, "little") + (7 + len(body)).to_bytes(2, "little") + body
    return (zlib.crc32(rest) & 0xFFFF).to_bytes(2, "little") + rest
