"""Read submissions from a zip file, in memory: nothing is ever unpacked to disk, and every size is capped.

Theory of operation
    The archive of a class holds one folder, one source file or one zip per student, perhaps all of it in one folder.
    Names are read once, bytes when a student's turn comes. A student's own zip, whether it stands for her or lies in
    her folder, is opened in memory then; a zip inside that one is not opened.
    The archive of the class is the instructor's: when it cannot be read at all, that is a usage error. What is odd
    about a member is a problem of the student whose it is: a human looks, and the rest is graded.
"""

from __future__ import annotations

import io
import stat
import unicodedata
import zipfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NoReturn

from grader.core.errors import UsageError
from grader.core.submission import ENDINGS, MAX_BYTES, MAX_FILE, NO_SOURCES, Read, Submission
from grader.core.text import REPLACEMENT

MAX_MEMBERS = 100_000
"""Members of one archive."""

MAX_NAME = 500
"""Characters of a member's whole name; the folders of a real submission take a fraction of that."""

ZIP = ".zip"
ENTRY = b"PK\x01\x02"
"""What every entry of a zip's list of members begins with."""

PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The methods that every zip program writes, and the only ones that Python expands no further than it is asked to."""

TWICE = "twice in the archive: which one counts?"
BOTH = "a file and a folder in one: which counts?"


@dataclass(frozen=True)
class _Member:
    """A member of an archive: the parts of its path, and why it must not be read, if so.

    `leads_out` is the whole name of a member that leads out of the archive; its parts are then those that do not.
    """

    parts: tuple[str, ...]
    info: zipfile.ZipInfo
    problem: str = ""
    leads_out: str = ""

    @property
    def path(self) -> str:
        return self.leads_out or "/".join(self.parts)

    @property
    def is_folder(self) -> bool:
        return self.info.orig_filename.endswith(("/", "\\"))

    @property
    def is_zip(self) -> bool:
        return not self.is_folder and self.parts[-1].lower().endswith(ZIP)

    @property
    def counts(self) -> bool:
        """Whether it is a source file, or a zip that may hold some."""
        return not self.is_folder and self.parts[-1].lower().endswith((*ENDINGS, ZIP))

    @property
    def at_top(self) -> bool:
        """Whether it is a file that lies in no folder."""
        return len(self.parts) == 1 and not self.is_folder

    def below_first(self) -> _Member:
        return replace(self, parts=self.parts[1:])


def read_archive(path: Path, stubs: Collection[str]) -> list[Submission]:
    """The submissions in a zip file, by student. `stubs` are the names of the stub files. Raises UsageError.

    Stub files directly in the archive are one submission; otherwise every folder, source file and zip is a student.
    """
    try:
        archive = zipfile.ZipFile(path)  # stays open as long as its submissions: each reads when its turn comes
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror or error}). Name a zip file or a folder") from None
    except Exception as error:  # noqa: BLE001  (a broken list of members sets off errors of a dozen kinds)
        cure = "download it again, or unpack it and name the folder"
        raise UsageError(f"{path}: no zip file that can be read ({_words(error)}): {cure}") from None
    if len(archive.infolist()) > MAX_MEMBERS:
        raise UsageError(f"{path}: more than {MAX_MEMBERS} files in it. Unpack it, and name the folder of the class")
    members, root = _below_root(_members(archive))
    made = partial(_submission, archive, path)
    if any(member.at_top and member.parts[0] in stubs and not member.leads_out for member in members):
        return [made(root or path.stem, members)]
    strays = [member for member in members if member.leads_out and member.at_top and member.counts]
    students = _by_student([member for member in members if not (member.leads_out and member.at_top)])
    if not students and not strays:
        raise UsageError(f"{path}: no students in it. It should hold one folder, one .py file or one zip per student")
    whose = [made(student, students[student]) for student in sorted(students)]
    return whose + [made(stray.leads_out, [stray]) for stray in strays if stray.leads_out not in students]


def _submission(archive: zipfile.ZipFile, path: Path, student: str, own: Sequence[_Member]) -> Submission:
    return Submission(student, path, (), contents=partial(_contents, archive, own))


def _below_root(members: list[_Member]) -> tuple[list[_Member], str]:
    """The members below the one folder that wraps them all, and its name; as they are when there is no such folder."""
    tops = {m.parts[0] for m in members if not (m.at_top and (m.leads_out or not m.counts))}
    wrapped = [member for member in members if len(member.parts) > 1]
    if len(tops) != 1 or any(member.at_top and member.counts and not member.leads_out for member in members):
        return members, ""
    if not any(member.counts or member.is_folder or len(member.parts) > 2 for member in wrapped):
        return members, ""  # the folder of a student who handed in no source
    strays = [member for member in members if member.at_top and member.leads_out]
    return [*(member.below_first() for member in wrapped), *strays], tops.pop()


def _by_student(members: list[_Member]) -> dict[str, list[_Member]]:
    found: dict[str, list[_Member]] = {}
    for member in members:
        if not member.at_top:
            found.setdefault(member.parts[0], []).extend([member.below_first()] if len(member.parts) > 1 else [])
    files = [member for member in members if member.at_top and member.counts]
    stems = [PurePosixPath(member.parts[0]).stem for member in files]
    folders = {*found}
    for member, stem in zip(files, stems, strict=True):
        alone = stem not in folders and stems.count(stem) == 1
        student = stem if alone else member.parts[0]  # a file beside a folder of the same name: two students
        found.setdefault(student, []).append(member)
    return found


def _members(archive: zipfile.ZipFile) -> list[_Member]:
    """The members that matter, in the order of their paths, each path once."""
    found: dict[tuple[object, ...], _Member] = {}
    for info in archive.infolist():
        member = _member(info)
        if not member.parts or any(part in NO_SOURCES or part.startswith(".") for part in member.parts):
            continue
        key = (member.parts, member.is_folder, member.leads_out)
        found[key] = replace(member, problem=TWICE) if key in found and not member.is_folder else member
    sources = {member.path for member in found.values() if member.counts}
    split = {folder for member in found.values() for folder in _like_files(member) if folder in sources}
    members = [
        replace(member, problem=BOTH) if member.counts and member.path in split else member for member in found.values()
    ]
    return sorted(members, key=lambda member: (member.parts, member.leads_out))


def _like_files(member: _Member) -> Iterator[str]:
    """The folders on the way to a member that are named as files are."""
    for number, part in enumerate(member.parts, 1):
        if part.lower().endswith((*ENDINGS, ZIP)) and (number < len(member.parts) or member.is_folder):
            yield "/".join(member.parts[:number])


def _member(info: zipfile.ZipInfo) -> _Member:
    name = _name(info)
    shown = "".join(REPLACEMENT if unicodedata.category(c) == "Cc" else c for c in name)
    shown = shown if len(shown) <= MAX_NAME else f"{shown[: MAX_NAME // 2]}…{shown[-MAX_NAME // 2 :]}"
    slashed = shown.replace("\\", "/")  # some programs of Windows write it so
    parts = tuple(part for part in slashed.split("/") if part not in ("", "."))
    absolute = slashed.startswith("/") or slashed[1:3] in (":", ":/")
    if absolute or ".." in parts:
        inside = () if absolute else parts[: parts.index("..")]
        last = tuple(part for part in parts[-1:] if part != "..")
        return _Member((*inside, *last), info, "a name that leads out of the archive", shown)
    if shown != name:
        what = "control characters in its name" if len(name) <= MAX_NAME else "a name that is too long"
        return _Member(parts, info, what)
    return _Member(parts, info, _problem(info))


def _name(info: zipfile.ZipInfo) -> str:
    """The whole name of a member. Without the mark for UTF-8 it may be that all the same, or GBK from Windows."""
    name = info.orig_filename
    if info.flag_bits & 0x800 or name.isascii():
        return name
    try:
        raw = name.encode("cp437")  # what zipfile took it for
        return raw.decode("utf-8")
    except UnicodeEncodeError:
        return name
    except UnicodeDecodeError:
        pass
    try:
        chinese = raw.decode("gbk")
    except UnicodeDecodeError:
        return name
    return chinese if _is_sensible(chinese) else name


def _is_sensible(text: str) -> bool:
    """Whether a text is Chinese as it is written, and no western text that happens to be valid GBK."""
    foreign = [c for c in text if not c.isascii()]
    common = [c for c in foreign if c.encode("gb2312", "ignore")]
    return len(common) * 2 >= len(foreign) and all(unicodedata.east_asian_width(c) in "WFA" for c in foreign)


def _problem(info: zipfile.ZipInfo) -> str:
    """Why a member is not to be read, or nothing."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return "a symbolic link, which is not followed"
    if kind not in (0, stat.S_IFREG) and not info.orig_filename.endswith(("/", "\\")):
        return "not a regular file"
    if info.flag_bits & 0x41:
        return "encrypted: it must be handed in without a password"
    if info.compress_type not in PLAIN:
        return "compressed in an unusual way: it must be zipped with the usual settings"
    return ""


def _contents(archive: zipfile.ZipFile, own: Sequence[_Member]) -> Iterator[tuple[str, Read]]:
    """The source files of one student and how to read each; her own zip is opened, a zip inside that is not."""
    allowance, mine = _Allowance(), [member for member in own if member.counts]
    for member in mine:
        if not member.is_zip:
            yield member.path, partial(allowance.read, archive, member, MAX_FILE)
            continue
        try:
            inner = _open(allowance.read(archive, member, MAX_BYTES))
        except ValueError as error:
            yield member.path, partial(_refuse, str(error))
            continue
        prefix = f"{member.path}/" if len(mine) > 1 else ""
        for within in _members(inner):
            if within.is_zip:
                yield prefix + within.path, partial(_refuse, "a zip inside a zip, which is not opened")
            elif within.counts:
                yield prefix + within.path, partial(allowance.read, inner, within, MAX_FILE)


def _open(data: bytes) -> zipfile.ZipFile:
    """A student's own zip. Raises ValueError with the reason."""
    if data.count(ENTRY) > MAX_MEMBERS:  # counted before a list of them is made
        raise ValueError(f"more than {MAX_MEMBERS} files in it")
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except Exception as error:  # noqa: BLE001  (a broken list of members sets off errors of a dozen kinds)
        raise ValueError(f"no zip file that can be read ({_words(error)})") from None


@dataclass
class _Allowance:
    """How many bytes may still be read for one student."""

    left: int = MAX_BYTES

    def read(self, archive: zipfile.ZipFile, member: _Member, most: int) -> bytes:
        """The bytes of a member, whatever size it claims to have. Raises ValueError with the reason."""
        if member.problem:
            raise ValueError(member.problem)
        limit = min(most, self.left)
        try:
            with archive.open(member.info) as file:
                data = file.read(limit + 1)
        except Exception as error:  # noqa: BLE001  (broken bytes set off errors of a dozen kinds)
            raise ValueError(f"cannot be unpacked ({_words(error)})") from None
        self.left -= min(len(data), limit)
        if len(data) <= limit:
            return data
        raise ValueError(f"larger than {most >> 20} MiB" if limit == most else f"past {MAX_BYTES >> 20} MiB in all")


def _refuse(reason: str) -> NoReturn:
    raise ValueError(reason)


def _words(error: Exception) -> str:
    """What an error of the zip reader says, on one line."""
    return " ".join(f"{error}".split())[:100] or type(error).__name__
