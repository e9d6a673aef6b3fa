"""Input of the processes that open archives: the job of a child, and the setup of its zygote. Plain data."""

from __future__ import annotations

import msgspec

MAX_MEMBERS = 100_000
"""Maximum number of files and folders of an archive; an archive with more is not read."""

MAX_NAME = 2004
"""Maximum length of a file's name, in bytes. The middle of a longer name is cut out."""


class ArchiveSetup(msgspec.Struct, frozen=True):
    """Input of the zygote: the names of its children's protections, and the limits of a child.

    `memory` is in MiB beyond the zygote's own memory, `cpu` is processor time in seconds.
    """

    protections: list[str]
    memory: int
    cpu: int


class ArchiveJob(msgspec.Struct, frozen=True):
    """One archive to open.

    wanted: the suffixes of the files to extract, each with the maximum size of such a file in bytes.
    total: the maximum size of all extracted files together, in bytes.
    is_compressed_file: True if `data` is one file compressed with bzip2, xz or zstd; False for a 7z or RAR archive.
    is_trial: True for a test of the sandbox without an archive: the child attempts forbidden actions, and reports for
        each whether the sandbox blocked it.
    """

    data: bytes = b""
    wanted: dict[str, int] = {}
    total: int = 0
    is_compressed_file: bool = False
    is_trial: bool = False

    def size_limit(self, name: bytes) -> int | None:
        """Return the maximum size, in bytes, of a file with this name; None if the job does not want its content."""
        if self.is_compressed_file:
            return self.total
        lower = name.lower()
        limits = (limit for suffix, limit in self.wanted.items() if lower.endswith(suffix.encode()))
        return max(limits, default=None)
