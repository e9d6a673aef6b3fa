"""An altered frame passes only if it decodes to the solution's values, within the tolerance of the check.

The frames are those of the solution on every public check of the course's 33 functions. What an altered frame decodes
to, and whether that equals the reference, is computed here in plain Python, without the code that the grader uses.
"""

import json
import math
import struct
from binascii import a2b_base64
from functools import cache
from random import Random

import pytest

from grader.core.outcomes import Located, Observed
from grader.course.discovery import read_course
from grader.course.goldens import read_golden
from grader.execution.guest.frames import (
    CheckFinished,
    FileFinished,
    FileStarted,
    FunctionsLocated,
    pack,
)
from grader.execution.guest.job import CheckRequest, Job
from grader.execution.host.child_monitor import ChildMonitor
from grader.grading.verdicts.verdict import decide
from tests.fuzz.mutation import mutated
from tests.tools import ROOT

FRAMES_PER_CHECK = 36
SEED = 7
LETTERS = {"float64": "d", "float32": "f", "float16": "e", "int64": "q", "int32": "i", "int16": "h", "int8": "b"}
LETTERS |= {"uint8": "B", "bool": "?"}
"""dtype -> its letter in `struct`."""
WORDS = (b'["f","nan"]', b"null", b"true", b"1", b"1.0", b"-0.0", b"AAAA", b"=", b'["s",[]]', b'"observed"', b",")


@cache
def checks():
    """Return every public check whose reference is an observation, with the reference."""
    course, found = read_course(ROOT), []
    for exercise in course.exercises:
        references = read_golden(ROOT / "exercises/golden" / f"{exercise.name}.json").references
        declared = [check for function in exercise.points for check in exercise.checks_of(function)]
        found += [(check, references[check.id]) for check in declared if isinstance(references.get(check.id), Observed)]
    return found


def altered(random, frame):
    """Return a frame with changed bytes: mostly its content with a right length, sometimes also its length."""
    if random.random() < 0.1:
        return mutated(random, frame, [frame], WORDS)
    if random.random() < 0.2:
        kind, index, outcome, values = json.loads(frame[4:])
        body = json.dumps([kind, index, outcome, of_another_kind(random, values)]).encode()
        return struct.pack("<I", len(body)) + body
    body = frame[4:]
    if random.random() < 0.5:  # one digit, sign or letter of base64: the smallest changes of a value
        at = random.choice([n for n, byte in enumerate(body) if chr(byte) in "0123456789-.ABCDEFabcdef+/="])
        body = body[:at] + random.choice(b"0123456789-ABCabc+/=").to_bytes(1, "big") + body[at + 1 :]
    else:
        body = mutated(random, body, [body], WORDS)
    return struct.pack("<I", len(body)) + body


def of_another_kind(random, plain):
    """Return plain data with one change that a lax comparison would miss: a bool for a number, an item less."""
    if isinstance(plain, dict) and plain:
        key = random.choice(list(plain))
        return plain | {key: of_another_kind(random, plain[key])}
    if isinstance(plain, list) and plain:
        if not isinstance(plain[0], str) and random.random() < 0.5:
            return random.choice([plain[:-1], [*plain, plain[-1]], plain[::-1]])
        at = random.randrange(len(plain)) if len(plain) < 2 or plain[0] not in ("s", "m") else 1
        return [*plain[:at], of_another_kind(random, plain[at]), *plain[at + 1 :]]
    if isinstance(plain, int | float):
        return random.choice([bool(plain), float(plain), round(plain), str(plain), plain + 1e-6, None])
    return None


def outcome_of(check, data):
    """Return the outcome of a check whose child sent this as its frame, or None if the monitor refuses it."""
    job = Job((("a.py", b""),), {check.function: "a"}, (CheckRequest(check.function, check.id, 0),))
    monitor = ChildMonitor([job], 5.0)
    for frame in (FunctionsLocated({check.function: Located("a.py")}), FileStarted("a.py"), FileFinished("a.py")):
        monitor.add_results(pack(frame))
    monitor.add_results(data)
    found = [frame.outcome for _, frame in monitor.reports[0].frames if isinstance(frame, CheckFinished)]
    return found[0] if found else None


def decoded(plain):
    """Return the value that plain data stands for: an array is (dtype, shape, numbers), a mapping a dict."""
    if not isinstance(plain, list):
        return plain
    kind, *rest = plain
    if kind == "a":
        dtype, shape, text = rest
        data = a2b_base64(text)
        return dtype, shape, list(struct.unpack(f"<{math.prod(shape)}{LETTERS[dtype]}", data))
    if kind == "m":
        return {name: decoded(value) for name, value in rest[0].items()}
    return {"f": float, "s": lambda items: [decoded(item) for item in items], "o": lambda _: object()}[kind](rest[0])


def same(yours, expected, tolerance):
    """Return whether two decoded values are equal: kinds exactly, numbers with a fraction within the tolerance."""
    if type(yours) is not type(expected):
        return False
    if isinstance(expected, float):
        if not math.isfinite(expected):
            return repr(yours) == repr(expected)
        return abs(yours - expected) <= tolerance.atol + tolerance.rtol * abs(expected)
    if isinstance(expected, tuple):
        (dtype, shape, numbers), (known_dtype, known_shape, known) = yours, expected
        return (dtype, shape) == (known_dtype, known_shape) and same(numbers, known, tolerance)
    if isinstance(expected, list):
        return len(yours) == len(expected) and all(same(a, b, tolerance) for a, b in zip(yours, expected, strict=True))
    if isinstance(expected, dict):
        return yours.keys() == expected.keys() and all(same(yours[k], expected[k], tolerance) for k in expected)
    return yours == expected


def is_right(check, data, reference_frame):
    """Return whether a frame decodes to the reference, or to a number below the limit where the check has one."""
    yours, expected = (json.loads(one[4 : 4 + struct.unpack_from("<I", one)[0]]) for one in (data, reference_frame))
    if yours[:3] != ["done", 0, "observed"]:
        return False
    values, references = ({name: decoded(value) for name, value in one[3].items()} for one in (yours, expected))
    if values.keys() != references.keys():
        return False
    limits = check.tolerance.at_most
    below = (type(values[name]) is float and values[name] <= limits[name] for name in limits.keys() & values.keys())
    return all(below) and all(
        same(values[name], references[name], check.tolerance) for name in references.keys() - limits.keys()
    )


def test_every_function_has_a_frame_and_an_unaltered_frame_passes():
    assert len({check.function for check, _ in checks()}) == 33
    for check, reference in checks():
        frame = pack(CheckFinished(0, reference))
        assert decide(check, outcome_of(check, frame), reference).passed
        assert is_right(check, frame, frame)


@pytest.mark.parametrize("seed", [SEED])
def test_an_altered_frame_that_passes_decodes_to_the_reference(seed):
    random, passed, altered_frames = Random(seed), 0, 0
    for check, reference in checks():
        frame = pack(CheckFinished(0, reference))
        for _ in range(FRAMES_PER_CHECK):
            data = altered(random, frame)
            if data == frame:
                continue
            altered_frames += 1
            outcome = outcome_of(check, data)
            if outcome is not None and decide(check, outcome, reference).passed:
                passed += 1
                assert is_right(check, data, frame), (check.id, data)
    assert altered_frames > 6000
    assert passed > 60, "no altered frame reached a passed verdict, so nothing was compared"
