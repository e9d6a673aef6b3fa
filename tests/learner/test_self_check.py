"""The self-check blames the course, not the learner, for an experiment that fails before it calls the function."""

import pytest

from tests.tools import SOLUTION, edit, grader_in_process, hand_out, pytest_command, unwrapped

PUBLIC = "exercises/test_ex1_small.py"
SENTENCE = (
    "the grader failed; this is not your fault: this check fails before it calls your function. Tell your instructor: "
    "AttributeError: 'Given' object has no attribute 'tensr'"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A hand-out with a right answer, and with an experiment that fails before it calls mean_square."""
    folder = hand_out(tmp_path_factory.mktemp("faults") / "learner", SOLUTION)
    edit(folder / PUBLIC, 'x = given.tensor("x", 2', 'x = given.tensr("x", 2')
    return folder


def test_grader_check_says_that_the_experiment_is_at_fault(folder):
    done = grader_in_process("check", "mean_square", cwd=folder)
    assert done.returncode == 1 and SENTENCE in unwrapped(done.stdout)
    assert '"status": "grader_fault"' in grader_in_process("check", "mean_square", "--json", cwd=folder).stdout


def test_pytest_says_that_the_experiment_is_at_fault_and_shows_its_line(folder):
    done = pytest_command("exercises", "-k", "mean_square", cwd=folder)
    assert done.returncode == 1 and SENTENCE in unwrapped(done.stdout)
    assert f"{PUBLIC}:11 raises AttributeError: 'Given' object has no attribute 'tensr'" in done.stdout


@pytest.mark.parametrize("run", ["check", "pytest"])
def test_an_exception_of_the_call_itself_is_a_fault_of_the_learner(tmp_path, run):
    folder = hand_out(tmp_path / "learner", SOLUTION.replace("def mean_square(x", "def mean_square(x, y"))
    if run == "check":
        done = grader_in_process("check", "mean_square", cwd=folder)
    else:
        done = pytest_command("exercises", "-k", "mean_square", cwd=folder)
    assert "missing 1 required positional argument" in done.stdout and "not your fault" not in done.stdout
