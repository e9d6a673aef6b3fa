"""A tar or tar.gz that a student submitted is read in memory, and hostile content does no harm."""

import gzip
import io
import re
import tarfile
import time
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.core.outcome_text import reason_text
from grader.submissions.download_reader import read_download
from grader.submissions.size_limits import MAX_SUBMISSION_BYTES
from tests.downloads import as_folder

MIB = 1 << 20


def tarred(files, mode="w"):
    """Return a tar of {name: content, or one byte for the type of a member}."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            if len(content) == 1 and content in b"0123456":
                info.type, info.linkname = content, "/etc/passwd"
                archive.addfile(info)
            else:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return made.getvalue()


@pytest.fixture
def read(tmp_path):
    """A function that returns the files and the problems of a student who submitted one archive."""

    def read(data, name="hw.tar.gz"):
        folder = as_folder({f"ada/{name}": data}, tmp_path / "class")
        (ada,) = read_download(folder, {"ex1_small.py"}, "auto", str).submissions
        return dict(ada.read()), [*map(reason_text, ada.problems)]

    return read


@pytest.mark.parametrize(
    ("name", "mode"), [("hw.tar", "w"), ("hw.tar.gz", "w:gz"), ("hw.TGZ", "w:gz"), ("hw.tgz", "w")]
)
def test_a_tar_is_read_plain_or_compressed(read, name, mode):
    data = tarred(
        {"hw/ex1_small.py": b"x = 1\n", "hw/王.py": b"y = 2\n", "hw/._b.py": b"junk", "notes.txt": b"n"}, mode
    )
    assert read(data, name) == ({"hw/ex1_small.py": b"x = 1\n", "hw/王.py": b"y = 2\n"}, [])


HOSTILE = {
    "a symbolic link": ({"l.py": tarfile.SYMTYPE}, "l.py: a symbolic link"),
    "a hard link": ({"l.py": tarfile.LNKTYPE}, "l.py: a symbolic link"),
    "a device": ({"d.py": tarfile.CHRTYPE}, "d.py: not a regular file"),
    "a way out": ({"../../e.py": b"evil\n"}, "../../e.py: its path leads out"),
    "an absolute name": ({"/etc/e.py": b"evil\n"}, "/etc/e.py: its path leads out"),
    "a large file": ({"big.py": bytes(2 * MIB)}, "big.py: larger than 1 MiB"),
    "an archive": ({"in.zip": b"PK\x03\x04"}, "in.zip: not a readable zip file"),
    "an escape": ({"\x1b[2J.rar": b"Rar!"}, "\N{REPLACEMENT CHARACTER}[2J.rar: not a readable archive"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_member_is_a_problem_and_the_rest_is_read(read, kind):
    files, problem = HOSTILE[kind]
    found, problems = read(tarred(files | {"ex1_small.py": b"x = 1\n"}, "w:gz"))
    assert found == {"ex1_small.py": b"x = 1\n"}
    assert (len(problems) == 1 and problems[0].startswith(problem)) or problem in problems[0]


def test_a_bomb_is_expanded_no_further_than_the_limit(read):
    data = gzip.compress(tarred({"big.py": bytes(60 * MIB)}))
    tracemalloc.start()
    try:
        assert read(data) == ({}, ["hw.tar.gz: larger than 16 MiB"])
        assert tracemalloc.get_traced_memory()[1] < 3 * MAX_SUBMISSION_BYTES
    finally:
        tracemalloc.stop()


FIRST, SECOND = b"x = 1\n" * 9, b"y = 2\n"
TWO = tarred({"a.py": FIRST, "b.py": SECOND})
BLOCK = tarfile.BLOCKSIZE
ENDINGS = {"hw.tar": bytes, "hw.tar.gz": gzip.compress}


def is_whole_or_reported(found):
    """Whether both files were read, or no file and the archive is a problem, which a person has to look at."""
    return found == ({"a.py": FIRST, "b.py": SECOND}, []) or (found[0] == {} and found[1][0].startswith("hw.tar"))


@pytest.mark.parametrize("name", ENDINGS)
@pytest.mark.parametrize("bits", [0x01, 0x80, 0xFF])
def test_a_flipped_byte_in_a_header_hides_no_file(read, name, bits):
    assert TWO[2 * BLOCK :].startswith(b"b.py\0")
    for at in (*range(BLOCK), *range(2 * BLOCK, 3 * BLOCK)):
        data = bytearray(TWO)
        data[at] ^= bits
        assert is_whole_or_reported(read(ENDINGS[name](bytes(data)), name)), at


@pytest.mark.parametrize("name", ENDINGS)
@pytest.mark.parametrize("blocks", range(1, 5))
@pytest.mark.parametrize("more", [0, 1, 511])
def test_a_tar_that_ends_before_its_end_mark_is_reported(read, name, blocks, more):
    _, problems = found = read(ENDINGS[name](TWO[: blocks * BLOCK + more]), name)
    assert is_whole_or_reported(found) and problems


def test_one_empty_block_is_an_end_mark(read):
    assert read(TWO[: 5 * BLOCK], "hw.tar") == ({"a.py": FIRST, "b.py": SECOND}, [])


def test_a_compressed_tar_that_ends_early_anywhere_is_reported(read):
    data = gzip.compress(TWO)
    for end in range(2, len(data)):
        found = read(data[:end])
        assert is_whole_or_reported(found) and found[1], end


@pytest.mark.parametrize("name", ENDINGS)
def test_data_after_the_end_mark_of_a_tar_is_reported(read, name):
    assert read(ENDINGS[name](TWO + tarred({"c.py": b""})), name) == (
        {},
        [f"{name}: not a readable tar file (there is data after its end)"],
    )


def test_data_after_the_end_of_the_compressed_data_is_reported_unless_it_is_padding(read):
    data = gzip.compress(TWO)
    assert read(data + bytes(100)) == ({"a.py": FIRST, "b.py": SECOND}, [])
    assert read(data + data) == ({}, ["hw.tar.gz: cannot be unpacked (there is data after its end)"])


REAL = tarred({"a.py": b"x = 1\n" * 9, "lib/b.py": b"y = 2\n", "l.py": tarfile.SYMTYPE})


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=8), cut=st.slices(len(REAL)))
def test_random_bytes_raise_nothing(read, edits, cut):
    data = bytearray(REAL)
    for at, byte in edits:
        data[at] = byte
    for tried in (bytes(data), bytes(data[cut])):
        files, problems = read(tried)
        assert all(path.isprintable() for path in files) and all(problem.isprintable() for problem in problems)


def header(name, size, kind=tarfile.REGTYPE):
    """Return a tar header, assembled by hand because tarfile writes no invalid ones."""
    info = tarfile.TarInfo(name)
    info.type = kind
    made = bytearray(info.tobuf(tarfile.USTAR_FORMAT)[:512])
    made[124:136] = b"%011o\0" % size if size >= 0 else b"\xff" + (256**11 + size).to_bytes(11, "big")
    made[148:156] = b" " * 8
    made[148:156] = b"%06o\0 " % sum(made)
    return bytes(made)


def extended(words):
    return header("x", len(words), tarfile.XHDTYPE) + words + bytes(-len(words) % 512) + header("b.py", 0)


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        (header("b.py", -512), "a negative size in it"),
        (header("b.py", -(1 << 40), tarfile.XHDTYPE), "a negative size in it"),
        (extended(b"13 size=-512\n"), "a negative size in it"),
        (extended(b"1" * 100_000), "too many files in it"),
        (
            extended(b"1" * 8_000) * 100,
            "(too many files in it|a header in it cannot be read)",
        ),
    ],
)
def test_headers_that_would_take_hours_to_read_are_refused_at_once(read, part, reason):
    started = time.process_time()
    files, (problem,) = read(header("a.py", 0) + part + bytes(1024))
    assert files == {} and re.fullmatch(rf"hw\.tar\.gz: not a readable tar file \({reason}\)", problem)
    assert time.process_time() - started < 10
