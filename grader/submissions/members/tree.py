"""What a download holds, whether it is a folder or a zip: members by their paths. Nothing is read before its turn."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path, PurePosixPath

from grader.core.reasons import Code
from grader.submissions.submission import ENDINGS, About

Translate = Callable[[str], str]

ZIP = ".zip"
TARS = (".tar", ".tar.gz", ".tgz")
CLOSED = (".rar", ".7z", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".zipx")
"""Archives that may hold the answer and cannot be opened here."""

ARCHIVES = (ZIP, *TARS, *CLOSED)
UNKNOWN = About()
DISGUISED = re.compile(r"\.(?:py|ipynb)\.(?:txt|docx?|odt|rtf|pdf|html?|json|download)$", re.IGNORECASE)
"""A source file that some program has renamed."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file or an empty folder of a download: the parts of its path, and how to take so many bytes of it.

    `take` raises OSError or UnreadableError. `problem` says why it must not be read, if so. `leads_out` is
    the whole name of a member of a zip that leads out of it; its parts are then those that do not.
    """

    parts: tuple[str, ...]
    take: Callable[[int], bytes]
    is_folder: bool = False
    size: int = 0
    problem: Code | None = None
    leads_out: str = ""

    @property
    def path(self) -> str:
        """The whole path, as it is shown."""
        return self.leads_out or "/".join(self.parts)

    @property
    def name(self) -> str:
        """The last part of the path, in small letters; empty for a folder."""
        return "" if self.is_folder or not self.parts else self.parts[-1].lower()

    @property
    def is_source(self) -> bool:
        """Whether it is named as code is."""
        return self.name.endswith(ENDINGS)

    @property
    def counts(self) -> bool:
        """Whether it is a source file, or an archive that may hold some."""
        return self.name.endswith((*ENDINGS, *ARCHIVES))

    @property
    def may_hold_code(self) -> bool:
        """Whether a function that is nowhere else may stand in it."""
        return self.counts or self.problem == Code.UNREADABLE_FOLDER or bool(DISGUISED.search(self.name))

    @property
    def at_top(self) -> bool:
        """Whether it is a file that lies in no folder."""
        return len(self.parts) == 1 and not self.is_folder

    def below_first(self) -> Member:
        """The same as seen from the first folder of its path."""
        return replace(self, parts=self.parts[1:])


@dataclass
class Top:
    """A name at the top of a download, and what lies there: the file itself, or the members of the folder."""

    name: str
    is_folder: bool
    members: list[Member] = field(default_factory=list)

    @property
    def counts(self) -> bool:
        """Whether it may be somebody's work."""
        return self.is_folder or any(member.counts for member in self.members)

    @property
    def stem(self) -> str:
        """The name without the ending of a source file or an archive."""
        longest = max((e for e in (*ENDINGS, *ARCHIVES) if self.name.lower().endswith(e)), key=len, default="")
        whole = self.is_folder or self.members[0].leads_out or len(longest) in (0, len(self.name))
        return self.name if whole else self.name[: -len(longest)]


@dataclass(frozen=True)
class Tree:
    """The members of a download, `name` being what its root is called.

    `repositories` are the paths of the folders that hold a `.git`, which is itself no member.
    """

    path: Path
    name: str
    members: Sequence[Member]
    zipped: bool = False
    repositories: frozenset[tuple[str, ...]] = frozenset()

    def inside(self, folder: str) -> Tree:
        """What lies in one folder at the top."""
        members = [m.below_first() for m in self.members if m.parts[0] == folder and len(m.parts) > 1]
        repositories = frozenset(path[1:] for path in self.repositories if path[:1] == (folder,))
        return replace(self, name=folder, members=members, repositories=repositories)

    @cached_property
    def tops(self) -> list[Top]:
        """What lies at the top, by name; a member whose name leads out of the download stands under that name."""
        found: dict[tuple[str, bool], Top] = {}
        for member in self.members:
            name = member.leads_out if member.leads_out and member.at_top else member.parts[0]
            top = found.setdefault((name, not member.at_top), Top(name, not member.at_top))
            if member.at_top:
                top.members.append(member)
            elif len(member.parts) > 1:
                top.members.append(member.below_first())
        return [found[key] for key in sorted(found)]


@dataclass
class Handed:
    """The work of one student: the members, their paths as seen from it, and what its place says of the student."""

    student: str
    members: list[Member]
    about: About = UNKNOWN


def is_stub(name: str, stubs: Iterable[str]) -> bool:
    """Whether a file has the name of a stub, as Python or as a notebook."""
    path = PurePosixPath(name)
    return path.suffix.lower() in ENDINGS and path.stem in {PurePosixPath(stub).stem for stub in stubs}


def is_litter(name: str) -> bool:
    """Whether a student's name for a file is one that systems give to their own: .DS_Store, ._hw.py, __MACOSX."""
    return name.startswith((".", "__MACOSX"))


def names(found: Sequence[str], most: int = 5) -> str:
    """The first few of several names."""
    return ", ".join(found[:most]) + (", …" if len(found) > most else "")


def one_folder(tree: Tree) -> str:
    """The name of the one folder that holds all there is at the top; empty when there is no such folder."""
    tops = [top for top in tree.tops if top.counts and (top.is_folder or not top.members[0].leads_out)]
    return tops[0].name if len(tops) == 1 and tops[0].is_folder else ""


def like_files(member: Member) -> Iterator[str]:
    """The folders on the way to a member that are named as files are."""
    for number, part in enumerate(member.parts, 1):
        if part.lower().endswith((*ENDINGS, *ARCHIVES)) and (number < len(member.parts) or member.is_folder):
            yield "/".join(member.parts[:number])
