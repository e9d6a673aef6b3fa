"""A hand-out of another release: every tool of a learner refuses it in one sentence that says what to do.

`handout_of_release_0_1.json` holds files that `grader release` of release 0.1 wrote for the miniature course, by path.
"""

import json

import pytest

from grader import __version__
from grader.course.goldens import FORMAT
from grader.learner.card.live_check import check_live
from tests.tools import COURSE, TESTS, edit, grader_in_process, pytest_command, unwrapped, write_files

FILES = json.loads((TESTS / "learner/handout_of_release_0_1.json").read_text("utf-8"))
GOLDEN = "exercises/golden/ex1_small.json"
EARLIER = (
    f"These exercises are from an earlier release of the grader, and release {__version__} cannot check them. "
    "Download the exercises again; as an author, run `grader sync`."
)
LATER = (
    f"These exercises are from a later release of the grader, and release {__version__} cannot check them. "
    "Install the grader that comes with them: in their folder, run `pip install -r requirements.txt`."
)


@pytest.fixture
def earlier(tmp_path):
    """The hand-out of release 0.1, with a second exercise, which is a copy of the first."""
    names = {"ex1_small": "ex2_copy", "mean_square": "mean_copy", "descend": "descend_copy"}
    copies = {}
    for path, text in FILES.items():
        for old, new in names.items():
            path, text = path.replace(old, new), text.replace(old, new)
        copies[path] = text
    return write_files(tmp_path, FILES | copies)


@pytest.fixture
def later(tmp_path):
    """The hand-out of a release to come."""
    golden = (COURSE / GOLDEN).read_text("utf-8")
    write_files(tmp_path, FILES | {GOLDEN: golden})
    edit(tmp_path / GOLDEN, f'"format": {FORMAT}', f'"format": {FORMAT + 1}')
    return tmp_path


@pytest.mark.parametrize("command", ["check mean_square", "progress", "hint mean_square", "try mean_square"])
def test_every_command_refuses_a_hand_out_of_release_0_1_in_one_sentence(earlier, command):
    refused = grader_in_process(*command.split(), cwd=earlier)
    assert (refused.returncode, unwrapped(refused.stdout)) == (2, f"error: {EARLIER}")


def test_pytest_refuses_it_once_for_all_exercises(earlier):
    refused = pytest_command("exercises", cwd=earlier)
    assert refused.returncode == 2
    assert refused.stdout.count(EARLIER) == 1
    assert "Interrupted: exercises of another release" in refused.stdout
    assert "Traceback" not in refused.stdout and "ex2_copy" not in refused.stdout


def test_check_in_a_notebook_refuses_it(earlier):
    def mean_square(x):
        return x

    (found,) = check_live([mean_square], earlier, "en", 5.0)
    assert found.reason == EARLIER


def test_a_hand_out_of_a_later_release_says_where_its_grader_is(later):
    refused = grader_in_process("check", "mean_square", cwd=later)
    assert (refused.returncode, unwrapped(refused.stdout)) == (2, f"error: {LATER}")


def test_the_files_of_a_student_work_on_with_the_exercises_of_this_release(tmp_path):
    """The student downloads the exercises again and keeps the files that they wrote before."""
    own = {"exercises/ex1_small.py": FILES["exercises/ex1_small.py"]}
    answer = "    return (x**2).mean()\n"
    own = {path: text.replace('    raise NotImplementedError("mean_square")\n', answer) for path, text in own.items()}
    new = [path for path in COURSE.glob("exercises/**/*ex1_small*") if path.suffix in (".json", ".py")]
    write_files(tmp_path, {path.relative_to(COURSE).as_posix(): path.read_bytes() for path in new} | own)
    done = grader_in_process("check", "mean_square", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
