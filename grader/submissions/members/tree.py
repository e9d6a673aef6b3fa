"""`Tree`: the files in a download or a folder of it, by path. Nothing here reads the content of a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path, PurePosixPath

from grader.core.reasons import Code
from grader.submissions.file_reading import SOURCE_SUFFIXES
from grader.submissions.submission import SubmissionMetadata

Translate = Callable[[str], str]

ZIP = ".zip"
TARS = (".tar", ".tar.gz", ".tgz")
COMPRESSED_TARS = (".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst")
ARCHIVES = (ZIP, *TARS, *COMPRESSED_TARS, ".rar", ".7z", ".zipx")
PART_OF_ARCHIVE = re.compile(r"\.(?:zip|7z|rar|tar)\.\d{3}$|\.[rz]\d\d$|\.part\d+\.rar$", re.IGNORECASE)
"""The suffix of a file that is one part of a split archive: `hw.7z.001`, `hw.z01`, `hw.part1.rar`."""

NO_METADATA = SubmissionMetadata()
RENAMED_SOURCE = re.compile(r"\.(?:py|ipynb)\.(?:txt|docx?|odt|rtf|pdf|html?|json|download)$", re.IGNORECASE)
"""The suffix of a source file to which a browser or an editor has added a suffix: `hw.py.txt`."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file or an empty folder in a download.

    parts: parts of the path.
    read: function that returns at most the given number of bytes; it raises OSError or UnreadableError.
    size: size in bytes, as the folder or the archive gives it.
    problem: reason why the file must not be read, or None.
    outside_name: whole path of an archive's member that leads out of the archive, else empty. `parts` are then only the
        parts that do not lead out.
    """

    parts: tuple[str, ...]
    read: Callable[[int], bytes]
    is_folder: bool = False
    size: int = 0
    problem: Code | None = None
    outside_name: str = ""

    @property
    def path(self) -> str:
        """The whole path, with `/` between its parts, for messages."""
        return self.outside_name or "/".join(self.parts)

    @property
    def name(self) -> str:
        """The last part of the path, in lower case; empty for a folder."""
        return "" if self.is_folder or not self.parts else self.parts[-1].lower()

    @property
    def is_source(self) -> bool:
        """Whether the name has the suffix of a source file."""
        return self.name.endswith(SOURCE_SUFFIXES)

    @property
    def is_source_or_archive(self) -> bool:
        """Whether the name has the suffix of a source file or an archive."""
        return self.name.endswith((*SOURCE_SUFFIXES, *ARCHIVES))

    @property
    def may_hold_code(self) -> bool:
        """Whether the member may contain code: source file (also `hw.py.txt`), archive, or unreadable folder."""
        is_unreadable = self.problem == Code.UNREADABLE_FOLDER
        is_renamed_or_part = RENAMED_SOURCE.search(self.name) or PART_OF_ARCHIVE.search(self.name)
        return self.is_source_or_archive or is_unreadable or bool(is_renamed_or_part)

    @property
    def is_archive(self) -> bool:
        """Whether the name has the suffix of an archive."""
        return self.name.endswith(ARCHIVES)

    @property
    def is_top_level_file(self) -> bool:
        """Whether the member is a file at the top level, outside of all folders."""
        return len(self.parts) == 1 and not self.is_folder

    def without_first_folder(self) -> Member:
        """Return the member with its path relative to the first folder of the path."""
        return replace(self, parts=self.parts[1:])


@dataclass
class TopEntry:
    """An entry at the top level of a download: a folder with its members, or a file, which is its own only member."""

    name: str
    is_folder: bool
    members: list[Member] = field(default_factory=list)

    @property
    def may_be_submission(self) -> bool:
        """Whether the entry is a folder, a source file or an archive."""
        return self.is_folder or any(member.is_source_or_archive for member in self.members)

    @property
    def stem(self) -> str:
        """The name without the suffix of a source file or an archive."""
        suffixes = (suffix for suffix in (*SOURCE_SUFFIXES, *ARCHIVES) if self.name.lower().endswith(suffix))
        longest = max(suffixes, key=len, default="")
        is_whole = self.is_folder or self.members[0].outside_name or len(longest) in (0, len(self.name))
        return self.name if is_whole else self.name[: -len(longest)]


@dataclass(frozen=True)
class Tree:
    """The files in a download, or in a folder of a download.

    path: path of the download.
    name: name of the folder or the zip.
    repositories: paths of the folders that contain a `.git`. The `.git` itself is not in `members`.
    skipped: names of other folders at the top level that begin with a dot. `members` does not contain these folders.
    """

    path: Path
    name: str
    members: Sequence[Member]
    zipped: bool = False
    repositories: frozenset[tuple[str, ...]] = frozenset()
    skipped: Sequence[str] = ()

    def subtree(self, folder: str) -> Tree:
        """Return the tree of one folder at the top level."""
        members = [m.without_first_folder() for m in self.members if m.parts[0] == folder and len(m.parts) > 1]
        repositories = frozenset(path[1:] for path in self.repositories if path[:1] == (folder,))
        return replace(self, name=folder, members=members, repositories=repositories)

    @cached_property
    def entries(self) -> list[TopEntry]:
        """The entries at the top level, sorted by name.

        The name of a member that leads out of the download is its whole path.
        """
        entries: dict[tuple[str, bool], TopEntry] = {}
        for member in self.members:
            name = member.outside_name if member.outside_name and member.is_top_level_file else member.parts[0]
            is_folder = not member.is_top_level_file
            entry = entries.setdefault((name, is_folder), TopEntry(name, is_folder))
            if member.is_top_level_file:
                entry.members.append(member)
            elif len(member.parts) > 1:
                entry.members.append(member.without_first_folder())
        return [entries[key] for key in sorted(entries)]


@dataclass
class DownloadedAttempt:
    """One attempt of one student, which a module of `layouts` found in a download.

    members: files of the attempt, with paths relative to the student's folder.
    """

    student: str
    members: list[Member]
    metadata: SubmissionMetadata = NO_METADATA


def is_stub(name: str, stubs: Iterable[str]) -> bool:
    """Return whether a file has the name of one of the `stubs`, as a .py file or as a notebook."""
    path = PurePosixPath(name)
    return path.suffix.lower() in SOURCE_SUFFIXES and path.stem in {PurePosixPath(stub).stem for stub in stubs}


def is_system_file(name: str) -> bool:
    """Return whether an operating system or an editor, not the student, made a file: .DS_Store, ._hw.py, __MACOSX."""
    return name.startswith((".", "__MACOSX"))


def is_skipped_folder(name: str) -> bool:
    """Return whether a folder at the top level is skipped with a warning, because it may be the folder of a student."""
    return name.startswith(".") and name not in (".git", ".ipynb_checkpoints")


def only_folder(tree: Tree) -> str:
    """Return the name of the only entry at the top level if it is a folder; else an empty text."""
    entries = [e for e in tree.entries if e.may_be_submission and (e.is_folder or not e.members[0].outside_name)]
    return entries[0].name if len(entries) == 1 and entries[0].is_folder else ""


def folders_named_like_files(member: Member) -> Iterator[str]:
    """Yield the path of each folder around a member whose name has the suffix of a source file or an archive."""
    for number, part in enumerate(member.parts, 1):
        is_folder = number < len(member.parts) or member.is_folder
        if is_folder and part.lower().endswith((*SOURCE_SUFFIXES, *ARCHIVES)):
            yield "/".join(member.parts[:number])
