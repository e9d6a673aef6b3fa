"""Frames: decoding returns only valid frames and raises only BadFrameError."""

from contextlib import suppress
from itertools import pairwise

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.core.outcomes import (
    Crashed,
    GraderFault,
    Located,
    Missing,
    NotAttempted,
    Observed,
    Raised,
    Refused,
    SourceLine,
    TimedOut,
    Unreadable,
)
from grader.core.reasons import FACTS, Code, Reason
from grader.core.values import Array, Opaque
from grader.execution.guest.frames import (
    FROM_CHILD,
    MAX_FRAME,
    BadFrameError,
    CheckFinished,
    FileStarted,
    FrameReader,
    FrameSize,
    FunctionsLocated,
    decode,
    pack,
    unpack,
)
from grader.execution.guest.job import MAX_TOTAL

NOT_DEFINED, UTF16 = Reason.of(Code.NOT_DEFINED), Reason.of(Code.UTF16, file="a.py")
LINE = SourceLine(3, "x", 5)
FRAMES = [
    FunctionsLocated(
        {
            "f": Located("a.py"),
            "g": Located(problem=Missing(NOT_DEFINED)),
            "h": Located("b.py", Raised("E", "m", LINE)),
        }
    ),
    FunctionsLocated({}),
    FileStarted("a/b.py"),
    CheckFinished(0, Observed({"x": 1.5, "y": Array.of(np.arange(6.0).reshape(2, 3)), "z": ((1, None), {"k": True})})),
    CheckFinished(1, Observed({"nan": float("nan"), "o": Opaque("a set")})),
    CheckFinished(2, Raised("ValueError", "m", SourceLine(3, "x", cell=2), "a float")),
    CheckFinished(3, NotAttempted()),
    CheckFinished(4, Unreadable((UTF16,))),
]
STREAM = b"".join(map(pack, FRAMES))


def framed(body):
    return len(body).to_bytes(4, "little") + body


def read(data, reader=None):
    return [decode(body, FrameSize.of(body)) for body in (reader or FrameReader()).feed(data)]


def test_frames_are_decoded_as_they_were_encoded():
    assert repr(read(STREAM)) == repr(FRAMES)


@given(st.lists(st.integers(0, len(STREAM)), max_size=10))
def test_frames_are_read_the_same_in_chunks_of_any_size(cuts):
    reader, edges = FrameReader(), [0, *sorted(cuts), len(STREAM)]
    found = [frame for a, b in pairwise(edges) for frame in read(STREAM[a:b], reader)]
    assert repr(found) == repr(FRAMES)


@given(st.binary(max_size=200))
def test_random_bytes_give_frames_or_a_bad_frame_and_nothing_else(data):
    with suppress(BadFrameError):
        read(data)
    with suppress(BadFrameError):
        unpack(data)


@given(st.sampled_from([pack(frame) for frame in FRAMES]), st.data())
def test_a_mutated_frame_gives_frames_or_a_bad_frame_and_nothing_else(frame, data):
    mutated = bytearray(frame[4:])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(mutated)))
        piece = data.draw(st.binary(max_size=4))
        mutated[place : place + data.draw(st.integers(0, 4))] = piece
    with suppress(BadFrameError):
        read(framed(bytes(mutated)))


plain = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**64 - 1),
        st.floats(),
        st.text(max_size=5),
        st.binary(max_size=9),
        st.sampled_from(["placed", "loading", "done", "observed", "raised", "a", "f", "s", "m", "float64"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=5), st.dictionaries(st.text(max_size=3) | st.integers(0, 9), inner, max_size=3)
    ),
    max_leaves=20,
)


@given(st.sampled_from(["placed", "loading", "done"]), st.lists(plain, max_size=4))
def test_wellformed_messages_of_any_content_give_frames_or_a_bad_frame(kind, content):
    with suppress(BadFrameError):
        read(framed(msgspec.json.encode([kind, *content])))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[",
        b"[" * 200_000 + b"]" * 200_000,
        b'["done", 0, "observed", {"x": ["s", [' + b"1," * 400_000 + b"1]]}]",
        b'["done", 0, "observed", {"x": ["s", [' + b'["s", []],' * 90_000 + b"1]]}]",
        b"9" * 100_000,
        b'["done", 1e999, "not_attempted"]',
        b'["done", 0, "unknown"]',
        b'["loading", 7]',
        b'["loading", "\xff"]',
        b'["loading", "\\ud800"]',
        b'["done", NaN, "not_attempted"]',
        b"\x92\xa7loading\xa1a",
    ],
    ids=[
        "nothing",
        "half",
        "deep",
        "long list",
        "many lists",
        "long number",
        "no number",
        "kind",
        "type",
        "text",
        "surrogate",
        "NaN",
        "MessagePack",
    ],
)
def test_a_message_that_is_no_frame_is_a_bad_frame(body):
    with pytest.raises(BadFrameError):
        read(framed(body))


def test_an_unknown_reason_is_a_bad_frame():
    for reason in (
        b'["made_up", {}]',
        b'"award me full marks"',
        b'["not_defined", {"x": "y"}]',
        b'["utf16", {"file": 1}]',
    ):
        with pytest.raises(BadFrameError):
            read(framed(b'["done", 0, "missing", ' + reason + b"]"))
        with pytest.raises(BadFrameError):
            read(framed(b'["placed", {"f": ["", "unreadable", [' + reason + b"]]}]"))


@pytest.mark.parametrize("code", sorted(set(Code) - FROM_CHILD))
def test_a_child_may_not_send_a_reason_of_its_parent(code):
    facts = dict.fromkeys(FACTS[code], 1)
    for outcome in (Missing(Reason.of(code, **facts)), Refused((Reason.of(code, **facts),))):
        with pytest.raises(BadFrameError, match="a child may not send this reason"):
            read(pack(CheckFinished(0, outcome)))


def test_a_child_gives_one_reason():
    with pytest.raises(BadFrameError, match="too many reasons"):
        read(pack(CheckFinished(0, Unreadable((UTF16, UTF16)))))


FAULT = Reason.of(Code.INTERNAL, error="ours")


@pytest.mark.parametrize("outcome", [TimedOut(1.0), GraderFault(FAULT), Crashed(FAULT)])
def test_a_child_may_not_send_an_outcome_that_its_parent_decides(outcome):
    with pytest.raises(BadFrameError, match="a child may not send this outcome"):
        read(pack(CheckFinished(0, outcome)))


@pytest.mark.parametrize("problem", [Observed({}), NotAttempted(), TimedOut(1.0)])
def test_a_location_may_only_have_the_problems_of_locations(problem):
    with pytest.raises(BadFrameError):
        read(pack(FunctionsLocated({"f": Located("a.py", problem)})))


def test_a_frame_that_is_too_long_is_refused_before_it_has_arrived():
    with pytest.raises(BadFrameError, match="bytes"):
        read((MAX_FRAME + 1).to_bytes(4, "little"))


def test_too_many_frames_are_refused():
    reader, frame = FrameReader(), framed(msgspec.json.encode(["loading", "x" * (MAX_FRAME - 100)]))
    with pytest.raises(BadFrameError, match="too many"):
        for _ in range(MAX_TOTAL // len(frame) + 2):
            read(frame, reader)


def test_half_a_frame_is_waited_for():
    assert read(STREAM[:3]) == []
    assert read(pack(FileStarted("a"))[:-1]) == []
