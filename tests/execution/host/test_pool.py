"""Pool: a submission that harms its process affects only the function that did it."""

import os
import signal
from pathlib import Path

import pytest

from grader.core.outcomes import Crashed, Missing, Observed, Raised, TimedOut, Unreadable
from grader.core.reasons import Code, Reason
from grader.execution.guest.frames import (
    CheckFinished,
    FileStarted,
    FunctionsLocated,
    pack,
)
from grader.execution.guest.job import CheckRequest, Job
from grader.execution.host.pool import make_pool_without_sandbox, submit_together
from tests.tools import PROBES

pytestmark = pytest.mark.long

FIRST, AGAIN, SECOND = "first::value_of_first", "first::again_first", "second::value_of_second"
SECOND_IS_RIGHT = "def second(): return 2.0\n"
TWO = Observed({"value": 2.0})


def outcomes(run, source, limit=1.0):
    found = run(source, FIRST, AGAIN, SECOND, limit=limit).outcomes
    return [found[check, 0] for check in (FIRST, AGAIN, SECOND)]


def test_an_endless_loop_affects_only_its_function_and_runs_only_once(run):
    first, again, second = outcomes(run, f"def first():\n    while True: pass\n{SECOND_IS_RIGHT}")
    assert first == TimedOut(1.0)
    assert again == TimedOut(1.0, unrun=True)
    assert second == TWO


def test_a_loop_that_swallows_every_exception_is_ended_all_the_same(run):
    source = "def first():\n    while True:\n        try:\n            while True: pass\n"
    source += "        except BaseException: pass\n"
    assert outcomes(run, source + SECOND_IS_RIGHT) == [TimedOut(1.0), TimedOut(1.0, unrun=True), TWO]


def test_ending_the_process_affects_only_one_function(run):
    first, again, second = outcomes(run, f"import os\ndef first(): os._exit(0)\n{SECOND_IS_RIGHT}")
    assert isinstance(first, Crashed) and not first.unrun
    assert isinstance(again, Crashed) and again.unrun
    assert second == TWO


def test_a_crash_names_its_signal_and_affects_only_one_function(run):
    source = f"import ctypes\ndef first(): ctypes.string_at(0)\n{SECOND_IS_RIGHT}"
    first, _, second = outcomes(run, source)
    assert isinstance(first, Crashed)
    assert first.how == Reason.of(Code.SIGNAL, signal="SIGSEGV")
    assert second == TWO


def test_system_exit_in_a_function_is_an_exception_like_any_other(run):
    first, again, second = outcomes(run, f"import sys\ndef first(): sys.exit(0)\n{SECOND_IS_RIGHT}")
    assert (first.error, again.error, second) == ("SystemExit", "SystemExit", TWO)


def test_an_endless_loop_at_import_affects_only_that_file(run):
    files = {"answer.py": "def first(): return 1.0\nwhile True: pass\n", "other.py": SECOND_IS_RIGHT}
    assert outcomes(run, files) == [TimedOut(1.0), TimedOut(1.0, unrun=True), TWO]


@pytest.mark.parametrize("end", ["import os; os._exit(3)", "import sys; sys.exit(3)", "1 / 0"])
def test_a_file_that_raises_when_it_is_run_affects_only_that_file(run, end):
    files = {"answer.py": f"def first(): return 1.0\n{end}\n", "other.py": SECOND_IS_RIGHT}
    first, again, second = outcomes(run, files)
    assert isinstance(first, Raised | Crashed)
    assert isinstance(again, Raised | Crashed)
    assert second == TWO


def test_the_first_function_may_be_endless_and_the_second_missing(run):
    first, _, second = outcomes(run, "def first():\n    while True: pass\n")
    assert isinstance(first, TimedOut)
    assert isinstance(second, Missing)


def test_a_submission_without_any_file_is_missing(run):
    assert all(isinstance(outcome, Missing) for outcome in outcomes(run, {}))


def test_ten_megabytes_of_output_are_cut_and_do_not_block(run):
    source = f"def first():\n    print('x' * 10**7)\n    return 1.0\n{SECOND_IS_RIGHT}"
    result = run(source, FIRST, SECOND)
    assert result.outcomes[FIRST, 0] == Observed({"value": 1.0})
    assert result.outcomes[SECOND, 0] == TWO
    assert 1000 < len(result.output) < 100_000


def test_printed_output_is_separate_from_results(run):
    source = "import os, sys\ndef first():\n    print('hello')\n    os.write(2, b'\\xff\\n')\n    return 1.0\n"
    result = run(source, FIRST)
    assert "hello" in result.output
    assert result.outcomes[FIRST, 0] == Observed({"value": 1.0})


def test_standard_input_is_empty(outcome):
    assert outcome("def first(): return __import__('sys').stdin.read()") == Observed({"value": ""})


def forge(*frames, then="return 0.0"):
    """Return a submission that writes frames to every descriptor that it finds."""
    data = b"".join(frames)
    return (
        "import os\ndef first():\n    for fd in range(3, 64):\n        try:\n"
        f"            os.write(fd, {data!r})\n        except OSError: pass\n    {then}\n"
    )


FORGERIES = {
    "results": [pack(CheckFinished(i, Observed({"value": 42.0}))) for i in range(3)],
    "a result out of turn": [pack(CheckFinished(2, Observed({"value": 42.0})))],
    "a negative index": [pack(CheckFinished(-1, Observed({"value": 42.0})))],
    "places": [pack(FunctionsLocated({}))],
    "a hundred files": [pack(FileStarted("answer.py"))] * 100,
    "a huge length": [b"\xff\xff\xff\xff"],
    "half a frame": [b"\x10\x00\x00\x00half"],
    "no frame": [b"\x01\x00\x00\x00\xc1"],
    "a fault of the grader": [b"\x1b\x00\x00\x00" + pack(CheckFinished(0, Raised("E", "m")))[4:]],
}


@pytest.mark.parametrize("frames", FORGERIES.values(), ids=FORGERIES.keys())
def test_forged_frames_never_decide_the_other_function(run, frames):
    result = run(forge(*frames) + SECOND_IS_RIGHT, FIRST, SECOND)
    assert set(result.outcomes) == {(FIRST, 0), (SECOND, 0)}
    second = result.outcomes[SECOND, 0]
    assert second == TWO or isinstance(second, Crashed) or second.values == {"value": 42.0}


def test_a_forged_observation_says_what_any_wrong_answer_could_say(run):
    frames = [pack(CheckFinished(0, Observed({"value": 42.0})))]
    found = run(forge(*frames), FIRST).outcomes[FIRST, 0]
    assert isinstance(found, Crashed) or found == Observed({"value": 42.0})


@pytest.mark.parametrize("kind", [["timed_out", 1.0, False], ["crashed", "x", False], ["grader_fault", "x"]])
def test_a_child_cannot_report_what_its_parent_decides(run, kind):
    import msgspec

    body = msgspec.json.encode(["done", 0, *kind])
    found = run(forge(len(body).to_bytes(4, "little") + body), FIRST).outcomes[FIRST, 0]
    assert isinstance(found, Crashed)
    assert found.how.code == Code.BAD_RESULTS


def test_a_submission_that_kills_its_zygote_passes_no_check_and_the_next_one_runs(run):
    source = f"import os\ndef first():\n    os.kill(os.getppid(), 9)\n    return 1.0\n{SECOND_IS_RIGHT}"
    result = run(source, FIRST, SECOND)
    assert not isinstance(result.outcomes[FIRST, 0], Observed)
    assert run(SECOND_IS_RIGHT, SECOND).outcomes[SECOND, 0] == TWO


def test_a_submission_leaves_nothing_for_the_next_one(run):
    run("import torch, builtins\nbuiltins.left = 1\ntorch.left = 1\ndef first(): return 1.0\n", FIRST)
    found = run(
        "import torch, builtins\ndef first(): return hasattr(torch, 'left') or hasattr(builtins, 'left')\n", FIRST
    )
    assert found.outcomes[FIRST, 0] == Observed({"value": False})


def test_locations_and_seconds_are_reported_by_function(run):
    source = "def first():\n    import time\n    time.sleep(0.2)\n    return 1.0\n"
    result = run({"answer.py": source, "other.py": SECOND_IS_RIGHT}, FIRST, SECOND)
    assert {f: place.file for f, place in result.places.items()} == {"first": "answer.py", "second": "other.py"}
    assert result.seconds["first"] > 0.1 > result.seconds["second"]


def test_a_function_that_two_files_define_is_unreadable(run):
    found = run({"a.py": SECOND_IS_RIGHT, "b.py": SECOND_IS_RIGHT}, SECOND).outcomes[SECOND, 0]
    assert isinstance(found, Unreadable)


def _children():
    """The ids of the direct children of this process."""
    return {int(pid) for file in Path("/proc/self/task").glob("*/children") for pid in file.read_text().split()}


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs /proc")
def test_a_killed_zygote_is_replaced_and_the_submission_is_still_run():
    source = b"def first():\n    return 1.0\n" + SECOND_IS_RIGHT.encode()
    requests = tuple(CheckRequest(check.partition("::")[0], check, 0) for check in (FIRST, SECOND))
    job = Job((("answer.py", source),), {"first": "answer", "second": "answer"}, requests)
    before = _children()
    with make_pool_without_sandbox([(str(PROBES), PROBES.read_bytes())], 1) as pool:
        (zygote,) = _children() - before
        assert pool.submit(job).result(60).outcomes[SECOND, 0] == TWO
        os.kill(zygote, signal.SIGKILL)
        assert pool.submit(job).result(60).outcomes[SECOND, 0] == TWO
    assert not _children() - before


def _ours(source, limit=5.0):
    """Return a job of a trusted source that may share a child."""
    requests = (CheckRequest("first", FIRST, 0),)
    return Job((("answer.py", source.encode()),), {"first": "answer"}, requests, limit)


def test_sources_of_the_course_share_a_process_but_no_modules(pool):
    source = "import os, sys\nbefore = 'answer' in sys.modules and sys.modules['answer'] is not sys.modules[__name__]\n"
    sources = [source + f"def first(): return (os.getpid(), before, __name__, {number})\n" for number in range(3)]
    waiting = submit_together(pool, [_ours(source) for source in sources], at_a_time=2)
    found = [wait().outcomes[FIRST, 0].values["value"] for wait in waiting]
    assert [value[1:] for value in found] == [(False, "answer", number) for number in range(3)]
    assert found[0][0] == found[1][0]


def test_a_source_that_ends_a_shared_child_runs_again_alone(pool):
    sources = ["def first(): return 1.0\n", "def first(): __import__('os')._exit(3)\n", "def first(): return 2.0\n"]
    sources += ["def first():\n    while True: pass\n", "def first(): return 3.0\n"]
    waiting = submit_together(pool, [_ours(source, 0.3) for source in sources], at_a_time=5)
    one, left, two, endless, three = (wait().outcomes[FIRST, 0] for wait in waiting)
    assert [o.values["value"] for o in (one, two, three)] == [1.0, 2.0, 3.0]
    assert left.how == Reason.of(Code.EXIT, code=3) and isinstance(endless, TimedOut)


COMPILER = "'eval_frame' in dir(__import__('sys').modules['torch._dyn' + 'amo'])"
"""Expression that is true if the real compiler is imported.

The expression must not contain the compiler's name, or the zygote would import the compiler.
"""


def test_an_optimizer_does_not_import_the_compiler(run):
    source = "import torch\ndef first():\n    w = torch.nn.Parameter(torch.ones(2))\n    w.grad = torch.ones(2)\n"
    source += f"    torch.optim.Adam([w], lr=0.5).step()\n    return (w.tolist()[0] < 1.0, {COMPILER})\n"
    assert run(source, FIRST).outcomes[FIRST, 0] == Observed({"value": (True, False)})


def test_the_compiler_is_imported_before_a_submission_that_mentions_it(run):
    source = f"# torch.compile\nthere = {COMPILER}\ndef first(): return there\n"
    assert run(source, FIRST).outcomes[FIRST, 0] == Observed({"value": True})
