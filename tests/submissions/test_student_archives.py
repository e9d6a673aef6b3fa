"""A student's archives, opened by the real libarchive in its sandbox: honest ones, hostile ones, one inside another."""

import base64
import bz2
import io
import lzma
import os
import tarfile
from dataclasses import replace

import pytest

from grader.execution.host.archive_extraction import ArchiveExtractor
from grader.grading.runs.archive_opening import FreshArchives
from grader.submissions.class_submissions import read_class_submissions
from grader.submissions.download_reader import read_download
from grader.submissions.size_limits import MAX_FILE_BYTES, MAX_SUBMISSION_BYTES
from grader.submissions.student_archives import MAX_EXTRACTED
from tests.archives import HARD, SYMBOLIC, Entry, rar4, rar5, seven_zip
from tests.downloads import Student, as_folder, canvas, moodle, zipped

pytestmark = pytest.mark.usefixtures("sandbox")

MIB = 1 << 20
STUBS = ["ex1_small.py"]
CODE, OTHER = b"x = 1\n", b"y = 2\n"
BOTH = [pytest.param(rar4, id="rar 4"), pytest.param(rar5, id="rar 5")]

ENCRYPTED_7Z = base64.b85decode(
    "H+sCUCma9-5&3KAdjJ3c000006aWAK00000ezU(}AR|Rrm6e<DMz5N|im49+0RUzJ1O@;B2@nbaf;Agl00#>J00JZi@dp7CQx6&czqi%3a6k@N"
    "X94vJZ1e#D0RRjJ1^@^O0XvEIivR!x0T~1U0000H3jkpNE&y-<c>n+a6bb<VAg4<^k$~L+6$SwSAb@~@0000N1`q)WYXAoe0RRCZApsZ+X8-^"
)
ENCRYPTED_NAMES_7Z = base64.b85decode(
    "H+sCUCma9-*DTk=fB*mh00000C;$Ke00000xVWP{=8iRRl>K_N;60x+!HRh3mvk*$(gCif0MC6Gkg8Qm)Rl+rBmuUO|8;>5_G>MN=N_2%TEnl+"
    "grwzGdo`a_x-6eHba34SJ(51lJHfTpI8xfRI~a_!GP=)83|V1ryoG<$WTL-gk{#*NCB`*7bo$>;fY~+Vxp$XUjy<yE7X}ak32*=h3jqKDBnI&Z0"
    "TNRWM}#jISb^f!a2C5P<fA?I3}*lU"
)
"""A file, and a file with its name, encrypted with a password by py7zr: libarchive cannot write such archives."""


@pytest.fixture(scope="module", params=["full", "core"] if os.environ.get("CI") else ["auto"])
def extractor(request):
    """One sandboxed process for all archives of this file; in CI at both levels, as for hostile submissions."""
    with ArchiveExtractor(request.param) as extractor:
        yield extractor


@pytest.fixture
def read(tmp_path, extractor):
    """A function that hands in files as one student, and returns {path: bytes} and the sentences about problems."""
    from grader.core.outcome_text import reason_text

    def read(files):
        folder = as_folder({f"ada/{name}": content for name, content in files.items()}, tmp_path / "class")
        (submission,) = read_download(folder, STUBS, "plain", str).submissions
        found = dict(submission.read(FreshArchives(extractor).open))
        return found, [reason_text(problem) for problem in submission.problems]

    return read


def tarred(files, compress=lambda data: data):
    """Return a tar, compressed."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return compress(made.getvalue())


TWO = {"hw/ex1_small.py": CODE, "作业/b.ipynb": OTHER, "notes.txt": b"-"}
FOUND = {"hw/ex1_small.py": CODE, "作业/b.ipynb": OTHER}
ENTRIES = [Entry(name.encode(), data) for name, data in TWO.items()]
HONEST = {
    "a 7z": ("hw.7z", seven_zip(TWO)),
    "a rar 4": ("hw.rar", rar4(*ENTRIES)),
    "a rar 5": ("hw.RAR", rar5(*ENTRIES)),
    "a tar.bz2": ("hw.tar.bz2", tarred(TWO, bz2.compress)),
    "a tar.xz": ("hw.txz", tarred(TWO, lzma.compress)),
    "a rar that is a zip": ("hw.rar", zipped(TWO)),
    "a zip that is a 7z": ("hw.zip", seven_zip(TWO)),
    "a 7z that is a rar": ("hw.7z", rar5(*ENTRIES)),
    "a zip in a zip": ("hw.zip", zipped({"in.zip": zipped(TWO)})),
    "a 7z in a zip": ("hw.zip", zipped({"in.7z": seven_zip(TWO)})),
    "a zip in a rar": ("hw.rar", rar5(Entry(b"in.zip", zipped(TWO)))),
    "a rar in a rar": ("hw.rar", rar4(Entry(b"in.rar", rar5(*ENTRIES)))),
}


@pytest.mark.parametrize("kind", HONEST)
def test_the_files_of_an_archive_are_read(read, kind):
    name, data = HONEST[kind]
    assert read({name: data}) == (FOUND, [])


def test_names_in_gbk_from_a_chinese_windows_are_read(read):
    assert read({"hw.rar": rar4(Entry("作业.py".encode("gbk"), CODE))}) == ({"作业.py": CODE}, [])


@pytest.mark.parametrize("rar", BOTH)
def test_system_files_and_hidden_folders_in_an_archive_are_ignored(read, rar):
    litter = [Entry(b"__MACOSX/._a.py", b"-"), Entry(b".git/a.py", b"-")]
    assert read({"hw.rar": rar(*litter, Entry(b"a.py", CODE))}) == ({"a.py": CODE}, [])


PY = Entry(b"a.py", CODE)
HOSTILE = {
    "a symbolic link": (lambda rar: rar(Entry(b"l.py", b"/etc/passwd", SYMBOLIC, mode=0o120777)), "l.py: a symbolic"),
    "a path upwards": (lambda rar: rar(Entry(b"a/../../l.py", OTHER)), "a/../../l.py: its path leads out"),
    "an absolute path": (lambda rar: rar(Entry(b"/etc/l.py", OTHER)), "/etc/l.py: its path leads out"),
    "a drive": (lambda rar: rar(Entry(b"C:/l.py", OTHER)), "C:/l.py: its path leads out"),
    "a newline": (lambda rar: rar(Entry(b"l\nl.py", OTHER)), "l\N{REPLACEMENT CHARACTER}l.py: control characters"),
    "a device": (lambda rar: rar(Entry(b"l.py", mode=0o020644)), "l.py: not a regular file"),
    "a long name": (lambda rar: rar(Entry(b"n" * 1500 + b".py", OTHER)), "a name that is too long"),
    "a hundred folders": (lambda rar: rar(Entry(b"a.py/" * 99 + b"l.py", OTHER)), "/l.py: a name that is too long"),
    "a wrong checksum": (lambda rar: rar(replace(PY, bad_checksum=True)), "a.py: cannot be unpacked"),
    "a false size": (lambda rar: rar(Entry(b"l.py", OTHER, size=1 << 30)), "l.py: cannot be unpacked"),
    "a large file": (lambda rar: rar(Entry(b"l.py", bytes(MAX_FILE_BYTES + 1))), "l.py: larger than 1 MiB"),
    "a file like a folder": (lambda rar: rar(Entry(b"l.py/", OTHER)), "l.py: cannot be unpacked"),
    "an archive too deep": (
        lambda rar: rar(Entry(b"in.rar", rar(Entry(b"deep.rar", rar(PY))))),
        "deep.rar: an archive inside an archive inside an archive, which is not opened",
    ),
    "an end in a file": (lambda rar: rar(PY)[:-12], "rest.rar: cannot be unpacked"),
    "an end between files": (lambda rar: rar(PY, Entry(b"b.py", OTHER), ends=False), "rest.rar: cannot be unpacked"),
    "something appended": (lambda rar: rar(PY) + b"more", "rest.rar: cannot be unpacked"),
    "a signature alone": (lambda rar: rar()[:7], "rest.rar: cannot be unpacked"),
    "a password": (lambda rar: rar(replace(PY, encrypted=True)), "rest.rar: encrypted: hand in a file without a"),
    "a password for the names": (lambda rar: rar(PY, encrypted_headers=True), "rest.rar: encrypted: hand in a"),
    "one part of several": (lambda rar: rar(PY, volume=True), "rest.rar: one part of an archive in several parts"),
    "100,001 files": (lambda rar: rar(*[Entry(b"%d" % n) for n in range(100_001)]), "it contains too many files"),
    "no code": (lambda rar: rar(Entry(b"notes.docx", b"-")), "rest.rar/notes.docx: a document (1 B)"),
    "no file": (lambda rar: rar(), "rest.rar: an empty archive"),
}


@pytest.mark.parametrize("rar", BOTH)
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_rar_is_a_problem_and_the_other_file_is_read(read, rar, kind):
    make, problem = HOSTILE[kind]
    found, problems = read({"ex1_small.py": CODE, "rest.rar": make(rar)})
    assert found == {"ex1_small.py": CODE}
    assert len(problems) == 1 and problem in problems[0], problems


def test_a_hard_link_in_a_rar_5_is_a_problem(read):
    data = rar5(PY, Entry(b"l.py", b"a.py", HARD))
    assert read({"hw.rar": data}) == ({"a.py": CODE}, ["l.py: a symbolic link, which is not followed"])


@pytest.mark.parametrize("rar", BOTH)
def test_of_two_files_with_one_path_neither_is_graded(read, rar):
    found, problems = read({"hw.rar": rar(PY, Entry(b"a.py", OTHER))})
    assert found == {} and len(problems) == 1


HOSTILE_7Z = {
    "a symbolic link": (lambda: seven_zip({}, {"l.py": "/etc/passwd"}), "l.py: a symbolic link"),
    "a path upwards": (lambda: seven_zip({"../l.py": OTHER}), "../l.py: its path leads out"),
    "an absolute path": (lambda: seven_zip({"/l.py": OTHER}), "/l.py: its path leads out"),
    "a backslash": (lambda: seven_zip({"..\\l.py": OTHER}), "its path leads out"),
    "a newline": (lambda: seven_zip({"l\nl.py": OTHER}), "control characters in its name"),
    "a bomb": (lambda: seven_zip({"l.py": bytes(200 * MIB)}), "l.py: larger than 1 MiB"),
    "a bomb before a file": (
        lambda: seven_zip({"0.bin": bytes(200 * MIB), "l.py": bytes(2 * MIB)}),
        "l.py: larger than 1 MiB",
    ),
    "the end cut off": (lambda: seven_zip({"a.py": CODE})[:-9], "rest.7z: cannot be unpacked"),
    "its header overwritten": (lambda: seven_zip({"a.py": CODE})[:40] + bytes(80), "rest.7z: cannot be unpacked"),
    "a password": (lambda: ENCRYPTED_7Z, "rest.7z: encrypted"),
    "a password for the names": (lambda: ENCRYPTED_NAMES_7Z, "rest.7z: encrypted"),
    "an empty file": (lambda: b"", "rest.7z: not a readable archive"),
    "a tar that ends early": (lambda: lzma.compress(tarred({"a.py": CODE}))[:-30], "rest.7z: cannot be unpacked"),
    "a compressed bomb": (lambda: lzma.compress(bytes(100 * MIB)), "rest.7z: larger than 16 MiB"),
    "a compressed file that is no tar": (lambda: bz2.compress(CODE), "rest.7z: not a readable tar file"),
}
"""Kind -> a function that makes the archive, because a bomb takes seconds to pack, and the problem."""


@pytest.mark.parametrize("kind", HOSTILE_7Z)
def test_a_hostile_7z_is_a_problem_and_the_other_file_is_read(read, kind):
    make, problem = HOSTILE_7Z[kind]
    found, problems = read({"ex1_small.py": CODE, "rest.7z": make()})
    assert found == {"ex1_small.py": CODE}
    assert len(problems) == 1 and problem in problems[0], problems


def test_100_000_files_in_a_7z_are_opened_in_time_and_limited_to_200(read):
    found, problems = read({"hw.7z": seven_zip({f"{n}.py": "" for n in range(100_000)})})
    assert (len(found), problems) == (200, ["more than 200 files"])


@pytest.mark.parametrize("name", ["hw.7z.001", "hw.zip.002", "hw.part2.rar", "hw.r00", "hw.z01"])
def test_a_part_of_an_archive_is_named_by_its_suffix(read, name):
    sentence = "one part of an archive in several parts: hand in a single .zip file"
    assert read({name: seven_zip({"a.py": CODE})}) == ({}, [f"{name}: {sentence}"])


@pytest.mark.parametrize("pack", [seven_zip, lambda files: rar5(*[Entry(n.encode(), d) for n, d in files.items()])])
def test_the_bytes_of_all_archives_of_a_student_are_limited_together(read, pack):
    bombs = {f"{n}.7z": pack({f"{n}{m}.py": bytes(MAX_FILE_BYTES) for m in range(8)}) for n in range(4)}
    found, problems = read(bombs)
    assert sum(map(len, found.values())) <= MAX_SUBMISSION_BYTES
    assert len(problems) + len(found) >= 4 and all("reach the limit" in problem for problem in problems)
    assert problems


@pytest.mark.parametrize(
    "bomb",
    [
        pytest.param({"__MACOSX/a.zip": bytes(12 * MIB)}, id="ignored contents"),
        pytest.param({f"{n:05}{'n' * 400}.txt": "" for n in range(30_000)}, id="long names"),
    ],
)
def test_what_the_sandbox_returns_is_limited_even_if_it_is_never_read(tmp_path, extractor, bomb):
    data, returned = seven_zip(bomb), []

    def open_archive(student, job, seconds):
        extraction = FreshArchives(extractor).open(student, job, seconds)
        returned.append(sum(len(member.name) + len(member.content) for member in extraction.members))
        return extraction

    files = {f"{n}.7z": data for n in range(4)}
    folder = as_folder({"ada/hw.zip": zipped(files)}, tmp_path / "class")
    (submission,) = read_download(folder, STUBS, "plain", str).submissions
    submission.read(open_archive)
    assert returned[0] > 11 * MIB and sum(returned) < MAX_EXTRACTED + 12 * MIB


def test_a_file_and_an_archive_member_of_the_same_name_have_different_paths(read):
    found, problems = read({"ex1_small.py": CODE, "hw.7z": seven_zip({"ex1_small.py": OTHER})})
    assert (found, problems) == ({"ex1_small.py": CODE, "hw.7z/ex1_small.py": OTHER}, [])


@pytest.mark.parametrize("download", [canvas, moodle])
def test_an_archive_in_the_download_of_an_lms_is_read_for_its_student(tmp_path, extractor, download):
    students = [Student("4021", "Ada Lovelace", {"hw.rar": rar5(PY)}), Student("4022", "Bob Ray", {"a.py": OTHER})]
    folder = as_folder(download(students), tmp_path / "class")
    submissions = read_class_submissions(folder, STUBS).attempts
    read = {one.student: dict(one.read(FreshArchives(extractor).open)) for one in submissions}
    assert list(read["4021"].values()) == [CODE] and list(read["4022"].values()) == [OTHER]
