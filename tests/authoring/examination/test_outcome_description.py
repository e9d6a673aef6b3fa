"""A mistake in an experiment's code is shown with file and line of the experiment, and with the call, to the author."""

import pytest

from grader.authoring.doctor import Doctor
from grader.authoring.examination.outcome_description import describe_outcome
from grader.core.outcomes import Raised
from grader.course.library import open_library
from grader.execution.host.pool import make_pool_without_sandbox
from tests.tools import SOLUTION, edit, pytest_command

pytestmark = pytest.mark.usefixtures("forked_zygotes")

PUBLIC, HIDDEN = "exercises/test_ex1_small.py", "tests/hidden/test_ex1_small.py"
DOUBLE = ("result = mean_square(x)", "result = mean_square(x).double()")
"""An edit of the public experiment, after which a returned float cannot be used."""

FAULTS = {  # file, edit of it, number and text of the line that is named, whether the function was called
    "before the call": (HIDDEN, ('x = given.tensor("x", 1)', 'x = given.tensr("x", 1)'), 9, False),
    "with the value": (PUBLIC, (DOUBLE[0], f"{DOUBLE[0]}.half_of"), 12, True),
    "inside torch": (PUBLIC, (DOUBLE[0], f'{DOUBLE[0]}.backward("no")'), 12, True),
    "inside the grader": (HIDDEN, ('x = given.tensor("x", 1)', 'x = given.tensor("x", "1")'), 9, False),
    "in the solution": ("solutions/ex1_small.py", ("    if x.numel()", "    x.numl()\n    if x.numel()"), 19, True),
}


def finding_about(course, function):
    """Return the only finding of the doctor about the solution of a function."""
    library = open_library(course)
    with make_pool_without_sandbox(library.experiment_files, 1) as pool:
        doctor = Doctor(library, pool, mutants=False, seeds=2)
        list(doctor.examine([function]))
    (finding,) = (f for f in doctor.report.findings if "gives no observation" in f.found)
    return finding


@pytest.mark.parametrize("fault", FAULTS)
def test_the_doctor_names_the_last_line_that_the_author_wrote(course, fault):
    file, (old, new), number, called = FAULTS[fault]
    edit(course / file, old, new)
    finding = finding_about(course, "mean_square")
    code = new.strip().splitlines()[0]
    assert f", in {file}:{number}: {code}" in finding.found and "Raised(" not in finding.found
    assert finding.cure == f"correct {file}:{number}"
    assert ("The function was called with:" in finding.found) is called
    assert ("mean_square(x" in finding.found.splitlines()[-1]) is called


def test_an_alternative_whose_value_cannot_be_used_is_shown_with_the_line_of_the_experiment(course):
    edit(course / PUBLIC, *DOUBLE)
    files = open_library(course).exercise_files["ex1_small"]
    check = next(check for check in files.exercise.checks if check.name == "value_and_gradient")
    outcome = Raised("AttributeError", "not shown", None, "a float")
    words = describe_outcome(course, files, check, 0, outcome, "def mean_square(x): return 1.0")
    assert f"no attribute 'double', in {PUBLIC}:12: {DOUBLE[1]}" in words and "not shown" not in words


def test_pytest_on_the_hidden_checks_shows_the_line(course):
    edit(course / HIDDEN, 'x = given.tensor("x", 1)', 'x = given.tensr("x", 1)')
    done = pytest_command("tests/hidden", "-k", "empty_raises", cwd=course)
    assert done.returncode == 1 and "1 failed" in done.stdout
    assert f"{HIDDEN}:9 raises AttributeError: 'Given' object has no attribute 'tensr'" in done.stdout
    assert 'x = given.tensr("x", 1)' in done.stdout


def test_pytest_on_the_hidden_checks_shows_the_line_of_a_file_that_cannot_be_loaded(course):
    edit(course / HIDDEN, "from grader import Given", "from grader import Givn, Given")
    done = pytest_command("tests/hidden", "-k", "empty_raises", cwd=course)
    assert f"{HIDDEN}:3: the file cannot be loaded: ImportError: cannot import name 'Givn'" in done.stdout
    assert "WorkerStartError" not in done.stdout and "Traceback" not in done.stdout


def test_pytest_on_the_authors_own_files_shows_the_line_and_the_call(course):
    (course / "exercises/ex1_small.py").write_text(SOLUTION, "utf-8")
    edit(course / PUBLIC, "result = mean_square(x)", "result = mean_square(x).half_of")
    done = pytest_command("exercises", "-k", "value_and_gradient", cwd=course)
    assert f"{PUBLIC}:12 raises AttributeError: 'Tensor' object has no attribute 'half_of'" in done.stdout
    assert "the function was called with\n" in done.stdout


def test_a_student_whose_value_cannot_be_used_reads_no_line_of_the_experiment(course, tmp_path):
    """A student has no solutions; the fault is in the value that their function returned."""
    edit(course / PUBLIC, *DOUBLE)
    (course / "exercises").rename(tmp_path / "exercises")
    wrong = SOLUTION.replace("(x**2).mean()", "1.0")
    assert wrong != SOLUTION
    (tmp_path / "exercises/ex1_small.py").write_text(wrong, "utf-8")
    done = pytest_command("exercises", "-k", "value_and_gradient", cwd=tmp_path)
    assert "your function returned a float" in " ".join(done.stdout.split())
    assert " raises " not in done.stdout
