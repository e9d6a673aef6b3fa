"""A golden is fresh as long as a new golden has the same content. The self-check decides as grading does."""

import struct
from base64 import b64decode, b64encode

import msgspec
import pytest

from grader.authoring.golden_recording import is_fresh, make_golden, write_golden
from grader.authoring.sync import generate
from grader.course.goldens import (
    FORMAT,
    PUBLIC_SEED,
    StaleGoldenError,
    read_file,
    read_golden,
)
from grader.course.library import open_library
from grader.grading.runs.submission_grader import SubmissionGrader
from grader.grading.verdicts.references import References
from grader.learner.self_check import SelfCheck, learner_files
from tests.tools import COURSE, ENDLESS, SOLUTION, STUB, WRONG_SUM, edit, hand_out

GOLDEN = COURSE / "exercises" / "golden" / "ex1_small.json"
VALUE = "mean_square::value_and_gradient"


@pytest.fixture(scope="module")
def made(library, pool):
    """The golden of the miniature course, made now."""
    from importlib.metadata import version

    references = References(library, pool, PUBLIC_SEED)
    return make_golden(library.exercise_files["ex1_small"], references, version("torch"))


@pytest.fixture(scope="module")
def checks(library):
    return {check.id: check for check in library.exercise_files["ex1_small"].exercise.checks}


def nudged(made, by):
    """Return the golden with one number of the solution changed a little."""
    plain = msgspec.json.decode(write_golden(made))
    array = plain["expected"][VALUE][1]["mean"]
    (number,) = struct.unpack("<d", b64decode(array[3]))
    array[3] = b64encode(struct.pack("<d", number * (1 + by))).decode()
    return msgspec.convert(plain, type(made))


def test_the_checked_in_golden_is_fresh(made, checks):
    old = read_file(GOLDEN)
    assert is_fresh(msgspec.structs.replace(old, torch=made.torch), made, checks)


@pytest.mark.parametrize(("by", "fresh"), [(0.0, True), (3e-16, True), (1e-9, True), (5e-8, False), (1e-3, False)])
def test_a_golden_stays_fresh_after_a_rounding_error_and_is_stale_after_an_edit(made, checks, by, fresh):
    assert is_fresh(nudged(made, by), made, checks) is fresh


@pytest.mark.parametrize(
    "change",
    [
        {"torch": "1.0"},
        {"points": {VALUE: 0.5}},
        {"hints": {}},
        {"mistakes": {}},
        {"expected": {}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_golden_is_stale_if_anything_else_differs(made, checks, change):
    assert not is_fresh(msgspec.structs.replace(made, **change), made, checks)


def test_a_golden_holds_public_checks_only_and_no_code(made):
    text = write_golden(made).decode()
    assert "one_step" in text
    for secret in ("empty_raises", "comes_close", "numel", "steps -= 1", "return ", "line "):
        assert secret not in text


def test_a_golden_is_read_back_as_it_was_written(made, tmp_path):
    (tmp_path / "g.json").write_bytes(write_golden(made))
    golden = read_golden(tmp_path / "g.json")
    assert golden.points == {VALUE: 1.0, "descend::one_step": 1.0}
    assert golden.references[VALUE].values["mean"].shape == ()
    assert set(golden.mistakes["mean_square"]) == {f"mean_square__{m}" for m in ("sum", "detached", "no_check")}


@pytest.mark.parametrize("text", [None, "", "{}", "not json", '{"torch": 3}'])
def test_a_golden_that_cannot_be_read_is_stale(tmp_path, text):
    if text is not None:
        (tmp_path / "g.json").write_text(text, "utf-8")
    with pytest.raises(StaleGoldenError, match=r"g\.json"):
        read_golden(tmp_path / "g.json")


@pytest.mark.parametrize(("format", "found"), [(FORMAT + 1, FORMAT + 1), (None, 1)])
def test_a_golden_of_another_format_is_reported_as_such(made, tmp_path, format, found):
    plain = msgspec.json.decode(write_golden(made)) | {"format": format, "hints": {"mean_square__sum": ["one", "一"]}}
    (tmp_path / "g.json").write_bytes(msgspec.json.encode({k: v for k, v in plain.items() if v is not None}))
    with pytest.raises(StaleGoldenError, match=rf"^g\.json has format {found}, but .* reads format {FORMAT}$"):
        read_golden(tmp_path / "g.json")


@pytest.mark.parametrize("hint", [{}, {"zh": "一"}, {"en": 1}, ["one", "一"]])
def test_a_golden_with_a_hint_that_is_no_text_is_stale(made, tmp_path, hint):
    plain = msgspec.json.decode(write_golden(made)) | {"hints": {"mean_square__sum": hint}}
    (tmp_path / "g.json").write_bytes(msgspec.json.encode(plain))
    with pytest.raises(StaleGoldenError, match=r"g\.json"):
        read_golden(tmp_path / "g.json")


def test_a_golden_with_a_damaged_value_is_stale(made, tmp_path):
    damaged = write_golden(made).replace(b'"float64"', b'"object"')
    (tmp_path / "g.json").write_bytes(damaged)
    with pytest.raises(StaleGoldenError, match="damaged"):
        read_golden(tmp_path / "g.json")


GENERATED = (("exercises", "py"), ("exercises/golden", "json"), ("solutions/mistakes", "json"))


def test_sync_generates_stub_and_golden_and_recognizes_fresh_ones(course, pool, made):
    def stale():
        files = generate(open_library(course), pool, f"{made.torch}.0")
        return [file.path.relative_to(course).as_posix() for file in files if not file.fresh]

    assert set(stale()) <= {"exercises/golden/ex1_small.json"}  # stale only if another minor version of torch made it
    edit(course / "solutions/ex1_small.py", '"no entries"', '"nothing"')
    assert "exercises/ex1_small.py" not in stale()
    edit(course / "solutions/ex1_small.py", "rate * 2", "rate * 3")
    edit(course / "solutions/mistakes/ex1_small.toml", 'rate * 2 * y"\nnew', 'rate * 3 * y"\nnew')
    edit(course / "exercises/ex1_small.py", "两个小函数", "两个函数")
    assert stale() == [f"{place}/ex1_small.{kind}" for place, kind in GENERATED]


@pytest.fixture
def self_check(library, made, tmp_path):
    """Check an answer as a learner does: {check id: verdict}, run in this process."""
    (tmp_path / "golden.json").write_bytes(write_golden(made))

    def self_check(answer, limit=1.0):
        folder = hand_out(tmp_path / "hand-out", answer)
        exercise = library.exercise_files["ex1_small"].exercise
        files, _ = learner_files(folder / "exercises")
        check = SelfCheck(exercise, read_golden(tmp_path / "golden.json"), files, limit)
        return {c.id: check.run(c) for c in exercise.checks if not c.hidden}

    return self_check


ANSWERS = {
    "right": SOLUTION,
    "sum": WRONG_SUM,
    "stub": STUB.read_text("utf-8"),
    "endless": ENDLESS,
    "raises": SOLUTION.replace("return y\n", "return y / [][0]\n"),
    "no python": "def mean_square(:\n",
    "two mistakes": WRONG_SUM.replace("y - rate", "y + rate"),
    "half": SOLUTION.replace("def descend", "def other"),
    "SystemExit": SOLUTION.replace("return y\n", "raise SystemExit\n"),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
def test_the_self_check_decides_and_hints_as_grading_with_the_public_seed_does(
    library, pool, self_check, tmp_path, answer
):
    from grader.submissions.submission import Submission

    verdicts = self_check(answer)
    submission_grader = SubmissionGrader(library, pool, PUBLIC_SEED, list(library.course.exercise_of), time_limit=1.0)
    folder = tmp_path / "hand-out" / "exercises"
    graded = submission_grader.grade(Submission("ada", folder, ("ex1_small.py",)))
    same = {v.check.id: v for found in graded.verdicts.values() for v in found if not v.check.hidden}
    assert {c: (v.passed, v.status) for c, v in verdicts.items()} == {c: (v.passed, v.status) for c, v in same.items()}
    for check, verdict in verdicts.items():
        assert set(verdict.hints) <= set(same[check].hints) or not same[check].hints
        assert bool(verdict.hints) == bool(same[check].hints)


def test_an_endless_loop_at_import_is_timed_out_in_the_self_check(self_check):
    verdicts = self_check(f"{SOLUTION}\nwhile True:\n    pass\n")
    assert {v.status for v in verdicts.values()} == {"timed_out"}
