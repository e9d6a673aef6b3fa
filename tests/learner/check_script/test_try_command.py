"""`grader try` as a learner and an author type it."""

import subprocess
import sys

import pytest

from tests.downloads import notebook
from tests.tools import (
    SOLUTION,
    WRONG_SUM,
    command,
    copy_course,
    environment,
    grader_in_process,
    hand_out,
    unwrapped,
    write_files,
)

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Hand-outs by name (wrong, right, untouched, in a notebook), and a course."""
    place = tmp_path_factory.mktemp("learners")
    hand_out(place / "wrong", WRONG_SUM)
    hand_out(place / "right", SOLUTION)
    hand_out(place / "new")
    (hand_out(place / "notebook") / "exercises/ex1_small.py").unlink()
    write_files(place / "notebook/exercises", {"mine.ipynb": notebook(WRONG_SUM)})
    copy_course(place / "course")
    return place


def tried(folder, *arguments, **more):
    """Run `grader try` in a folder."""
    return grader_in_process("try", *arguments, cwd=folder, **more)


def refused(folder, *arguments, **more):
    """Return the message with which `grader try` refuses."""
    found = tried(folder, *arguments, **more)
    assert found.returncode == 2, found.stdout
    return unwrapped(found.stdout)


def test_a_named_check_is_printed_as_a_script(place):
    found = tried(place / "wrong", "mean_square::value_and_gradient")
    first, claim, *_ = found.stdout.splitlines()
    assert found.returncode == 0
    assert first == "# mean_square::value_and_gradient"
    assert claim == "# The result is the mean of the squares, and its gradient is 2 x / n."
    assert "# Save this script beside ex1_small.py, and run it with python." in found.stdout
    assert "\nfrom ex1_small import mean_square\n" in found.stdout
    assert "\x1b" not in found.stdout


def test_a_file_that_python_cannot_decode_is_reported_before_a_script_is_written(tmp_path):
    hand_out(tmp_path, f"# 老师\n{WRONG_SUM}".encode("gbk"))
    message = refused(tmp_path, "mean_square", "--write", "t.py")
    assert "Python cannot read its encoding. Save ex1_small.py as UTF-8, then try again" in message
    assert not (tmp_path / "t.py").exists()


def test_without_a_check_the_first_one_that_fails_is_taken(place):
    assert tried(place / "wrong", "mean_square").stdout.startswith("# mean_square::value_and_gradient\n")
    assert tried(place / "new", "descend").stdout.startswith("# descend::one_step\n")
    shown = refused(place / "right", "descend")
    assert "All public checks of descend pass. Choose one of them: grader try descend::one_step" in shown


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("decend", "decend: no such function. Did you mean descend?"),
        ("descend::one_stp", "descend has no check one_stp. Did you mean one_step?"),
        ("descend::xyz", "descend has no check xyz. Known: one_step"),
    ],
)
def test_a_wrong_name_gets_a_suggestion(asked, message, place):
    assert message in refused(place / "wrong", asked)


def test_a_script_is_written_next_to_the_file_and_nothing_is_replaced(place):
    folder = place / "wrong/exercises"
    found = tried(folder, "mean_square", "--write", "try_it.py")
    assert (found.returncode, found.stdout) == (0, "Run the script: python try_it.py\n")
    done = command("try_it.py", cwd=folder)
    assert done.returncode == 1
    assert "mean: returned 31.9375, expected 5.32292" in done.stdout
    (folder / "try_it.py").write_text("mine", "utf-8")
    assert "File exists: try_it.py." in refused(folder, "mean_square", "--write", "try_it.py")
    assert (folder / "try_it.py").read_text("utf-8") == "mine"
    assert tried(folder, "mean_square", "--write", "try_it.py", "--force").returncode == 0
    assert (folder / "try_it.py").read_text("utf-8").startswith("# mean_square")


def test_a_script_in_another_folder_finds_the_file(place):
    assert tried(place / "right", "descend::one_step", "--write", "try_it.py").returncode == 0
    assert '.parent / "exercises"))' in (place / "right/try_it.py").read_text("utf-8")
    done = command(place / "right/try_it.py", cwd=place)
    assert (done.returncode, done.stdout) == (0, "Nothing differs from what is expected.\n")
    assert "cannot be written" in refused(place / "right", "descend::one_step", "--write", "nowhere/try_it.py")


def test_a_script_next_to_the_file_is_no_answer_of_the_learner(place):
    folder = hand_out(place / "with a script", WRONG_SUM)
    before = grader_in_process("check", "--json", cwd=folder).stdout
    assert tried(folder, "mean_square", "--write", "exercises/another.py").returncode == 0
    assert grader_in_process("check", "--json", cwd=folder).stdout == before


def test_hidden_checks_need_the_course(place):
    asked = "mean_square::empty_raises"
    message = refused(place / "wrong", asked)
    assert message.endswith("mean_square has no check empty_raises. Known: value_and_gradient")
    for folder, more in (("course", ()), ("wrong", ("--course", place / "course"))):
        found = tried(place / folder, asked, *more)
        assert found.stdout.startswith(f"# {asked}\n") and '"no entries": "ValueError",' in found.stdout


def test_a_hidden_check_runs_with_its_limits(place):
    asked = ("descend::comes_close", "--course", place / "course", "--write", "try_hidden.py")
    assert tried(place / "right", *asked).returncode == 0
    assert "limits={'distance': 0.01}" in (place / "right/try_hidden.py").read_text("utf-8")
    done = command("try_hidden.py", cwd=place / "right")
    assert (done.returncode, done.stdout) == (0, "Nothing differs from what is expected.\n")


def test_another_seed_needs_the_course(place):
    assert "Another seed needs the solution." in refused(place / "wrong", "descend::one_step", "--seed", "5")
    asked = ("descend::one_step", "--seed", "5", "--course", place / "course", "--write", "try_seed.py")
    assert tried(place / "right", *asked).returncode == 0
    assert "torch.manual_seed(5)" in (place / "right/try_seed.py").read_text("utf-8")
    assert command("try_seed.py", cwd=place / "right").returncode == 0


def test_the_script_for_a_notebook_is_pasted_into_a_cell(place):
    found = tried(place / "notebook", "mean_square::value_and_gradient")
    assert "# Paste this script into a cell below mean_square, and run that cell." in found.stdout
    assert "import mean_square" not in found.stdout and "sys.exit" not in found.stdout
    assert "mine.ipynb is a notebook" in refused(place / "notebook", "mean_square", "--pdb")


def test_the_messages_of_a_chinese_script_are_in_chinese(place):
    found = tried(place / "wrong", "mean_square", "--write", "try_zh.py", "--lang", "zh")
    assert (found.returncode, found.stdout) == (0, "运行脚本：python try_zh.py\n")
    text = (place / "wrong/try_zh.py").read_text("utf-8")
    assert "# 结果是平方的平均值，梯度为 2x/n。\n" in text
    assert "mean: 返回 31.9375，期望 5.32292" in command("try_zh.py", cwd=place / "wrong").stdout


def test_a_pipe_gets_utf_8_in_every_locale(place):
    code = "from grader.cli.main import main; main()"
    line = [sys.executable, "-c", code, "try", "mean_square", "--lang", "zh"]
    more = environment(PYTHONIOENCODING="latin-1", LC_ALL="C")
    done = subprocess.run(line, cwd=place / "wrong", env=more, capture_output=True, check=True, timeout=100)
    assert "# 结果是平方的平均值" in done.stdout.decode("utf-8")


def test_the_debugger_stops_in_the_first_call(place):
    line = [sys.executable, "-c", "from grader.cli.main import main; main()", "try", "mean_square", "--pdb"]
    done = subprocess.run(
        line,
        cwd=place / "wrong",
        env=environment(),
        input="p x.shape\nu\np mean_square.__name__\nc\n",
        capture_output=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "ex1_small.py(19)mean_square()\n-> if x.numel() == 0:" in done.stdout
    assert "torch.Size([2, 3])" in done.stdout
    assert "<grader try mean_square::value_and_gradient>" in done.stdout
    assert "mean: returned 31.9375, expected 5.32292" in done.stdout


def test_the_debugger_shows_an_exception_where_it_was_raised(place):
    folder = hand_out(place / "raising", SOLUTION.replace("return (x**2).mean()", "return x.nothing"))
    line = [sys.executable, "-c", "from grader.cli.main import main; main()", "try", "mean_square", "--pdb"]
    done = subprocess.run(
        line,
        cwd=folder,
        env=environment(),
        input="c\np x.shape\nq\n",
        capture_output=True,
        encoding="utf-8",
        timeout=100,
    )
    assert "AttributeError" in done.stderr + done.stdout
    assert "torch.Size([2, 3])" in done.stdout
