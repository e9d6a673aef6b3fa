"""Targets: frames and displays from a child process, which are read, decided as verdicts, and shown as text."""

from collections.abc import Mapping
from functools import cache
from itertools import islice

import msgspec

from grader.core.outcomes import Located, Outcome
from grader.course.discovery import read_course
from grader.course.exercise import Course
from grader.course.goldens import Golden, read_golden
from grader.execution.guest.call_recording.recorded_call import (
    Argument,
    ChangedArgument,
    CheckDisplay,
    GroupValue,
    LiteralValue,
    ObjectValue,
    RecordedCall,
    TensorValue,
    decode_display,
    encode_display,
)
from grader.execution.guest.frames import (
    CheckDisplayed,
    CheckFinished,
    FileFinished,
    FileStarted,
    Frame,
    FunctionsLocated,
    pack,
)
from grader.execution.guest.job import CheckRequest, Job
from grader.execution.host.child_monitor import ChildMonitor, ChildReport
from grader.grading.verdicts.call_text import call_lines, changed_lines
from grader.grading.verdicts.diagnosis import MistakeVerdicts, add_hints, decide_mistakes, recognize_mistakes
from grader.grading.verdicts.entry import FunctionEntry, make_entry
from grader.grading.verdicts.explanation import explain
from grader.grading.verdicts.pictures import make_picture
from grader.grading.verdicts.verdict import decide
from grader.grading.verdicts.verdict_relations import add_relations
from grader.grading.verdicts.wrong_answer_fingerprint import fingerprint
from tests.fuzz.target import Target
from tests.fuzz.targets.results import CALL, DISPLAY
from tests.tools import COURSE

FILE = "ex1_small.py"
TENSOR = TensorValue("tensor", "float64", (2,), bytes(16), grad=bytes(16))
LARGE = TensorValue("parameter", "float32", (200, 200), b"", ("1", "2"), True, True, "AddBackward0", "net.weight")
GROUP = GroupValue("dict", (LiteralValue("1"), ObjectValue("a Linear", "net")), ("'a'", "'b'"), 2)
WORDS = (
    *(
        b'["f","nan"]',
        b'["f","inf"]',
        b'["a","float64",[2],"AAAAAAAA8D8AAAAAAADwPw=="]',
        b'["o","x"]',
        b'["s",[]]',
        b'["m",{}]',
    ),
    *(
        b'["done",0,"observed",{}]',
        b'"missing"',
        b'"raised"',
        b'"refused"',
        b'"unreadable"',
        b'"grader_fault"',
        b'"timed_out"',
    ),
    *(
        b'["loading","ex1_small.py"]',
        b'"placed"',
        b"\x00\x00\x00\x00",
        b"\xff\xff\xff\xff",
        b'"no graph: nothing to go back along"',
    ),
)
DISPLAY_WORDS = (
    b'"type":"tensor"',
    b'"type":"group"',
    b'"type":"literal"',
    b'"type":"object"',
    b'"AAAA"',
    b'"[x, y]"',
    b"null",
)


@cache
def course() -> Course:
    """Return the miniature course."""
    return read_course(COURSE)


@cache
def golden() -> Golden:
    """Return the golden of the miniature course."""
    return read_golden(COURSE / "exercises" / "golden" / "ex1_small.json")


@cache
def job() -> Job:
    """Return a job that runs the public checks of the miniature course."""
    requests = tuple(CheckRequest(check.partition("::")[0], check, 0) for check in golden().references)
    homes = {request.function: "ex1_small" for request in requests}
    return Job(((FILE, b"x = 1\n"),), homes, requests, record_calls=True)


def session(outcomes: Mapping[str, Outcome], display: CheckDisplay = DISPLAY) -> bytes:
    """Return the encoded frames of a child whose checks have these outcomes."""
    frames: list[Frame] = [FunctionsLocated({name: Located(FILE) for name in job().homes}, {FILE: "gbk"})]
    frames += [FileStarted(FILE), FileFinished(FILE)]
    for number, request in enumerate(job().requests):
        shown = CheckDisplayed(number, encode_display(display))
        frames += [CheckFinished(number, outcomes[request.check]), shown]
    return b"".join(map(pack, frames))


def sessions() -> list[bytes]:
    """Return the frames of the solution, and those of up to six mistakes of each function."""
    found = [session(golden().references)]
    for mistakes in golden().mistakes.values():
        found += [session({**golden().references, **outcomes}) for outcomes in islice(mistakes.values(), 6)]
    return found


def read_frames(data: bytes) -> None:
    """Read the frames of a child, in one piece and in many, and decide the verdicts on their outcomes."""
    report = monitored(data, len(data) or 1)
    pieces = monitored(data, 997)
    assert (report.ending, _frames(report)) == (pieces.ending, _frames(pieces)), "pieces give other frames"
    outcomes: dict[str, Outcome] = {}
    for frame in _frames(report):
        if isinstance(frame, CheckFinished):
            outcomes[job().requests[frame.index].check] = frame.outcome
        elif isinstance(frame, CheckDisplayed):
            read_display(frame.display)
    for function in job().homes:
        decide_verdicts(function, outcomes)


def monitored(data: bytes, size: int) -> ChildReport:
    """Return the report on a child that wrote this data in pieces of `size` bytes."""
    monitor = ChildMonitor([job()], 5.0)
    for start in range(0, len(data), size):
        monitor.add_results(data[start : start + size])
    return monitor.reports[0]


def _frames(report: ChildReport) -> list[Frame]:
    return [frame for _, frame in report.frames]


def decide_verdicts(function: str, outcomes: Mapping[str, Outcome]) -> None:
    """Decide the verdicts on those checks of a function that have an outcome, and make their messages."""
    checks = [check for check in course().exercise_of[function].checks_of(function) if check.id in outcomes]
    references = golden().references
    if not checks:
        return
    verdicts = [decide(check, outcomes[check.id], references[check.id]) for check in checks]
    diagnosis = recognize_mistakes(verdicts, mistake_verdicts(function))
    verdicts = add_hints(verdicts, mistake_verdicts(function), diagnosis)
    verdicts = add_relations(verdicts, references, {})
    entry = make_entry(course().exercise_of[function], function, verdicts, diagnosis.mistakes, fingerprint(verdicts))
    again = msgspec.json.decode(msgspec.json.encode(entry), type=FunctionEntry)
    for check, verdict in zip(again.checks, verdicts, strict=True):
        msgspec.json.encode(make_picture(verdict, references[verdict.check.id]))
        for language in ("en", "zh"):
            explain(check, language).encode()


@cache
def mistake_verdicts(function: str) -> MistakeVerdicts:
    """Return the verdicts on the known mistakes of a function."""
    checks = course().exercise_of[function].checks_of(function)
    public = [check for check in checks if not check.hidden]
    return decide_mistakes(public, golden().references, golden().mistakes.get(function, {}))


def read_display(data: bytes) -> None:
    """Decode a display, and write its call, its changed arguments and its errors as text."""
    display = decode_display(data)
    lines = call_lines(display.call) if display.call else []
    for changed in display.changed:
        lines += changed_lines(changed, "before: ", "after: ")
    "\n".join(lines).encode()
    msgspec.json.encode(display)


def displays() -> list[bytes]:
    """Return encoded displays with every kind of value."""
    values = (TENSOR, LARGE, GROUP, LiteralValue("'x'"), ObjectValue("a Linear", "net"))
    arguments = tuple(Argument(f"x{n}", value, "", "net[0]", n) for n, value in enumerate(values))
    call = RecordedCall("f", arguments, arguments[:2], "y", 3)
    changed = tuple(ChangedArgument("x", value, TENSOR) for value in values)
    return [encode_display(DISPLAY), encode_display(CheckDisplay(call, changed)), encode_display(CheckDisplay(CALL))]


TARGETS = (
    Target("frames", read_frames, sessions, words=WORDS),
    Target("display", read_display, displays, words=DISPLAY_WORDS),
)
