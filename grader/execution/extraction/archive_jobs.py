"""The job of a process that opens an archive, and the setup of the process that forks it. Plain data."""

from __future__ import annotations

import msgspec

MAX_MEMBERS = 100_000
"""Maximum number of files and folders of an archive; an archive with more is not read."""

MAX_NAME = 2004
"""Maximum length of a file's name, in bytes; the middle of a longer name is cut out."""


class ArchiveSetup(msgspec.Struct, frozen=True):
    """The input of the zygote: the protections of its children, their memory in MiB and processor time in seconds."""

    protections: list[str]
    memory: int
    cpu: int


class ArchiveJob(msgspec.Struct, frozen=True):
    """One archive to open.

    `wanted` maps each suffix of the files whose content is wanted to the maximum size of such a file in bytes. `total`
    is the maximum size of all contents together. With `is_compressed_file` the data is one file compressed with bzip2,
    xz or zstd, else a 7z or RAR archive. With `is_trial` there is no archive: the child attempts what the sandbox must
    block, and reports what was blocked.
    """

    data: bytes = b""
    wanted: dict[str, int] = {}
    total: int = 0
    is_compressed_file: bool = False
    is_trial: bool = False

    def size_limit(self, name: bytes) -> int | None:
        """Return the most bytes of a file of this name; None if its content is not wanted."""
        if self.is_compressed_file:
            return self.total
        lower = name.lower()
        limits = (limit for suffix, limit in self.wanted.items() if lower.endswith(suffix.encode()))
        return max(limits, default=None)
