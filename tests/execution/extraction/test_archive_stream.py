"""The reader of the bytes that a child writes about an archive accepts nothing but a correct stream."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.execution.extraction.archive_jobs import MAX_NAME, ArchiveJob
from grader.execution.extraction.archive_stream import (
    END,
    HEAD,
    LARGEST,
    BadStreamError,
    Ending,
    ExtractedMember,
    MemberKind,
    pack_ending,
    pack_member,
    parse_stream,
)

JOB = ArchiveJob(b"", {".py": 4}, total=6)
FILE = ExtractedMember(b"a.py", MemberKind.FILE, 3, b"x=1")
FOLDER = ExtractedMember(b"hw", MemberKind.FOLDER)
END_OF_2 = pack_ending(2, Ending.COMPLETE)
GOOD = pack_member(FILE) + pack_member(FOLDER) + END_OF_2


def test_a_correct_stream_says_what_is_in_the_archive():
    found = parse_stream(GOOD, JOB)
    assert (found.members, found.ending) == ((FILE, FOLDER), Ending.COMPLETE)


def record(kind, name=b"a.py", size=0, content=b""):
    return HEAD.pack(kind, len(name), size, len(content)) + name + content


END_OF_1 = pack_ending(1, Ending.COMPLETE)
FORGED = {
    "nothing": b"",
    "no end": pack_member(FILE),
    "bytes after the end": GOOD + b"x",
    "a second end": GOOD + END_OF_2,
    "another number of members": pack_member(FILE) + END_OF_2,
    "an unknown kind": record(99) + END_OF_1,
    "an unknown ending": record(END, b"", 0, b"\x63"),
    "an ending of two bytes": record(END, b"", 0, b"\x01\x01"),
    "a named end": record(END, b"a", 0, b"\x01"),
    "content of a link": record(MemberKind.LINK, content=b"x") + END_OF_1,
    "content of a file that was not wanted": record(MemberKind.FILE, b"a.exe", 1, b"x") + END_OF_1,
    "more content than the limit of a file": record(MemberKind.FILE, b"a.py", 6, b"123456") + END_OF_1,
    "more content than the limit of all": record(MemberKind.FILE, content=b"1234") * 2 + END_OF_2,
    "a name that is too long": record(MemberKind.FOLDER, b"n" * (MAX_NAME + 1)) + END_OF_1,
    "a size beyond all disks": record(MemberKind.UNWANTED, size=(1 << 64) - 1) + END_OF_1,
    "a content longer than the stream": HEAD.pack(MemberKind.FILE, 4, 1, 1 << 31) + b"a.py" + END_OF_1,
}


@pytest.mark.parametrize("kind", FORGED)
def test_a_forged_stream_is_refused(kind):
    with pytest.raises(BadStreamError):
        parse_stream(FORGED[kind], JOB)


@given(st.integers(0, len(GOOD) - 1))
def test_a_stream_that_ends_early_is_refused(end):
    with pytest.raises(BadStreamError):
        parse_stream(GOOD[:end], JOB)


@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_changed_bytes_raise_no_other_error(edits):
    data = bytearray(GOOD)
    for at, byte in edits:
        data[at] = byte
    with suppress(BadStreamError):
        parse_stream(bytes(data), JOB)


RECORDS = st.tuples(
    st.sampled_from([MemberKind.FILE, MemberKind.FILE, MemberKind.FOLDER, MemberKind.LINK, 8]),
    st.sampled_from([b"a.py", b"a.py", b"a.exe", b"n" * (MAX_NAME + 1)]),
    st.sampled_from([0, 0, LARGEST + 1]),
    st.sampled_from([b"", b"123", b"12345", b"123456"]),
)
"""Records of which a child may write some, and must not write others: most streams have one fault or none."""


@settings(max_examples=500)
@given(st.lists(RECORDS, max_size=2), st.sampled_from([0, 0, 1]), st.sampled_from([Ending.COMPLETE, Ending.BROKEN, 9]))
def test_no_stream_gives_more_than_the_job_allows(records, more, ending):
    stream = b"".join(record(*one) for one in records) + record(END, b"", len(records) + more, bytes([ending]))
    try:
        found = parse_stream(stream, JOB)
    except BadStreamError:
        return
    assert (len(found.members), more, found.ending) == (len(records), 0, ending)
    assert all(len(member.name) <= MAX_NAME and member.size <= LARGEST for member in found.members)
    contents = [member for member in found.members if member.content]
    assert all((member.kind, member.name) == (MemberKind.FILE, b"a.py") for member in contents)
    assert all(len(member.content) <= 5 for member in contents) and sum(len(m.content) for m in contents) <= 7
