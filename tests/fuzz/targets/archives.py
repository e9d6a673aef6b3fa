"""Targets: downloads, archives of students, and the stream that a sandboxed process writes about an archive."""

import io
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path

from grader.core.errors import UsageError
from grader.core.language import translator
from grader.core.reasons import Code, UnreadableError
from grader.execution.extraction.archive_jobs import MAX_MEMBERS, ArchiveJob
from grader.execution.extraction.archive_stream import (
    BadStreamError,
    Ending,
    ExtractedMember,
    MemberKind,
    pack_ending,
    pack_member,
    parse_stream,
)
from grader.execution.extraction.rar_headers import walk
from grader.submissions.download_reader import read_download
from grader.submissions.layouts.detection import LAYOUTS, choose_layout
from grader.submissions.members import folders, tars
from grader.submissions.members.path_rules import MAX_NAME
from grader.submissions.members.tree import Member, Tree
from grader.submissions.student_files import open_student_files
from tests import archives, downloads
from tests.fuzz.target import Target
from tests.fuzz.targets.scratch import empty_folder
from tests.tools import SOLUTION

STUBS = ("ex1_small.py",)
STUDENTS = [
    downloads.Student("4021", "Ada Lovelace", {"ex1_small.py": "x = 1", "hw/b.ipynb": "{}"}, "ada@example.edu", "s1"),
    downloads.Student("4022", "王小明", {"作业.py": "y = 2"}, "wang@example.edu", "2026", late=True),
]
DOWNLOADS = (
    downloads.canvas(STUDENTS),
    downloads.moodle(STUDENTS),
    downloads.moodle(STUDENTS, "old"),
    downloads.moodle(STUDENTS, "flat"),
    downloads.gradescope({"1": STUDENTS[:1], "2": STUDENTS[1:]}),
    downloads.nbgrader(STUDENTS),
    downloads.repositories(STUDENTS),
    {"ada/ex1_small.py": "x", "bob.zip": downloads.zipped({"a.py": "1"}), "../eve.py": "z"},
)
JOB = ArchiveJob(b"", {".py": 1000, ".zip": 2000}, 5000)
NAME_WORDS = (
    b".py",
    b".ipynb",
    b".zip",
    b".tar.gz",
    b"__MACOSX/",
    b".git/",
    b"_assignsubmission_file_",
    b"_LATE_",
    b"../",
)
ZIP_WORDS = (
    b"PK\x01\x02",
    b"PK\x05\x06",
    b"PK\x03\x04",
    b"PK\x06\x06",
    b"PK\x06\x07",
    b"\xff\xff\xff\xff",
    *NAME_WORDS,
)
TAR_WORDS = (
    b"ustar\x0000",
    b"ustar  \0",
    b"L" + bytes(12),
    b"25 path=a/b/../../../c.py\n",
    b"30 size=-1\n",
    bytes(512),
)
RAR_WORDS = (b"\x80" * 9, b"\xff" * 9, b"\x74", b"\x7b", b"\x73", bytes(7))


def read_student_archive(name: str, data: bytes) -> None:
    """Read all source files of a student who has handed in one archive."""
    member = Member((name,), lambda limit: data[:limit], size=len(data))
    for _, read in open_student_files([member], _no_sandbox):
        with suppress(OSError, UnreadableError):
            read()


def _no_sandbox(job: ArchiveJob, seconds: float) -> None:
    raise UnreadableError(Code.NEEDS_SANDBOX)


def read_class(data: bytes) -> None:
    """Read the zip of a class in each layout, and read the files of its first 20 submissions."""
    path = empty_folder("class") / "class.zip"
    path.write_bytes(data)
    for layout in LAYOUTS:
        with suppress(UsageError):
            for submission in islice(read_download(path, STUBS, layout, translator("zh")).submissions, 20):
                submission.read()


def read_names(data: bytes) -> None:
    """Choose the layout of a download that has these file names, one on each line."""
    names = [name[:MAX_NAME] for name in data.decode("utf-8", "replace").split("\n") if name][:300]
    members = [member for name in names if (member := _member(name)).parts]
    tree = Tree(Path("class"), "class", sorted(members, key=lambda member: member.parts))
    for layout in LAYOUTS:
        with suppress(UsageError):
            choose_layout(tree, STUBS, layout, translator("zh"))


def _member(name: str) -> Member:
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    return Member(parts, lambda limit: b":submitters:\n- :name: x"[:limit], is_folder=name.endswith("/"))


def read_folder(data: bytes) -> None:
    """Read a folder of files, folders, links and pipes with these names, which may be invalid UTF-8."""
    root = empty_folder("folder")
    for number, name in enumerate(data.split(b"\n")[:40]):
        with suppress(OSError, ValueError, RecursionError):
            _make_entry(root, name, number)
    for member in folders.read_tree(root).members:
        with suppress(OSError, UnreadableError):
            member.read(1000)
    with suppress(UsageError):
        for submission in read_download(root, STUBS, "auto", translator("en")).submissions:
            submission.read()


def _make_entry(root: Path, name: bytes, number: int) -> None:
    import os

    path = os.path.join(os.fsencode(root), name.strip(b"/"))  # noqa: PTH118  (pathlib takes no bytes)
    if not os.path.realpath(path).startswith(os.fsencode(root) + b"/"):
        return  # an input must not write outside of the scratch folder
    if os.path.lexists(path):  # it may be a named pipe, and writing into it would wait for a reader
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
    match number % 7:
        case 5:
            os.symlink(b"../" * 5 + name, path)  # noqa: PTH211
        case 6:
            os.mkfifo(path)
        case _ if name.endswith(b"/"):
            os.makedirs(path)  # noqa: PTH103
        case _:
            Path(os.fsdecode(path)).write_bytes(name * number)


def read_stream(data: bytes) -> None:
    """Read the stream that a sandboxed process wrote about an archive, and then the files that it contains."""
    parse_stream(data, JOB)
    member = Member(("hw.rar",), lambda limit: b"Rar!\x1a\x07\x00", size=7)
    for _, read in open_student_files([member], lambda job, seconds: parse_stream(data, job)):
        with suppress(OSError, UnreadableError):
            read()


def zips() -> list[bytes]:
    """Return zips of students: one with source files, one with archives and a path to the folder above, one without."""
    inner = downloads.zipped({"hw/ex1_small.py": SOLUTION, "__MACOSX/hw/._x": "x", "作业/b.ipynb": "{}"})
    others = {"a.zip": inner, "b.tar.gz": tar("w:gz"), "../c.py": "1", "d.rar": archives.rar5(archives.Entry(b"a.py"))}
    return [inner, downloads.zipped(others), downloads.zipped({"a.txt": "x", "b/": ""})]


def tar(mode: str = "w", style: int = tarfile.PAX_FORMAT) -> bytes:
    """Return a tar with files, of which one has a long name, a folder, a link and a pipe."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode, format=style) as archive:
        for name, kind in (
            *(("hw/ex1_small.py", tarfile.REGTYPE), ("作" * 60 + ".py", tarfile.REGTYPE), ("d", tarfile.DIRTYPE)),
            *(("l.py", tarfile.SYMTYPE), ("f", tarfile.FIFOTYPE)),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd" if kind == tarfile.SYMTYPE else ""
            info.size = 10 if kind == tarfile.REGTYPE else 0
            archive.addfile(info, io.BytesIO(b"0123456789"))
    return made.getvalue()


def name_lists() -> list[bytes]:
    """Return the file names of a download of each LMS, one on each line."""
    return ["\n".join(files).encode() for files in DOWNLOADS]


def streams() -> list[bytes]:
    """Return streams about archives, with each kind of member and each ending."""
    members = [
        ExtractedMember(b"hw/a.py", MemberKind.FILE, 5, b"x = 1"),
        *(ExtractedMember(f"{kind.name}.py".encode(), kind, 7) for kind in MemberKind if kind != MemberKind.FILE),
    ]
    packed = b"".join(map(pack_member, members))
    return [packed + pack_ending(len(members), Ending.COMPLETE), *(pack_ending(0, ending) for ending in Ending)]


def rars() -> list[bytes]:
    """Return RAR archives in both formats (RAR 4 and RAR 5)."""
    entry = archives.Entry(b"a.py", b"x = 1")
    makers = (archives.rar4, archives.rar5)
    return [make(*entries) for make in makers for entries in ((), (entry,), (entry, archives.Entry(b"b", b"", 1)))]


def class_zips() -> list[bytes]:
    """Return the zip of a class for each LMS."""
    return list(map(downloads.zipped, DOWNLOADS))


def all_tars() -> Iterator[bytes]:
    """Yield a tar in GNU format, one in PAX format, and a compressed one."""
    yield from (tar(style=style) for style in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT))
    yield tar("w:gz")


TARGETS = (
    Target("zip", partial(read_student_archive, "hw.zip"), zips, words=ZIP_WORDS),
    Target("class_zip", read_class, class_zips, words=ZIP_WORDS),
    Target("tar", partial(read_student_archive, "hw.tar"), lambda: [*all_tars()], words=TAR_WORDS),
    Target("tar_members", tars.read_members, lambda: [*all_tars()], (UnreadableError,), TAR_WORDS),
    Target("names", read_names, name_lists, words=NAME_WORDS),
    Target("folder", read_folder, name_lists, words=(*NAME_WORDS, b"\xff\xfe", b"\n")),
    Target("archive_stream", read_stream, streams, (BadStreamError,), (b"\x01\x00", b".py", bytes(15))),
    Target("rar_headers", lambda data: walk(data, MAX_MEMBERS), rars, words=RAR_WORDS),
)
