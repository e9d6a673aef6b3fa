"""The commands other than `grade`, and what each imports before it starts."""

import pytest

from grader.cli.command_lookup import command_modules
from tests.tools import COURSE, command, copy_course, edit, grader_command, grader_in_process

MODULES = command_modules()
LOADED = "import sys; {what}; print({{'torch', 'sklearn', 'pandas', 'nbgrader'}} & set(sys.modules) or 'light')"


@pytest.mark.parametrize(
    "what",
    [
        "import grader",
        "import grader.cli.main, grader.learner.pytest_plugin.hooks, grader.grading.results.result_files",
    ],
)
def test_what_the_trusted_process_imports_loads_no_torch(what, tmp_path):
    assert command("-c", LOADED.format(what=what), cwd=tmp_path).stdout.strip() == "light"


@pytest.mark.parametrize(
    ("arguments", "imported"),
    [(["--help"], [*MODULES]), (["grade", "--help"], ["grade"]), (["--lang", "zh", "watch", "-h"], ["watch"])],
)
def test_help_imports_nothing_heavy_and_no_command_that_it_does_not_name(arguments, imported, tmp_path):
    code = "import atexit, sys; atexit.register(lambda: print(*sys.modules)); "
    found = command("-c", f"{code}from grader.cli.main import main; main()", *arguments, cwd=tmp_path)
    assert found.returncode == 0
    assert "Usage:" in found.stdout or "用法：" in found.stdout
    loaded = set(found.stdout.splitlines()[-1].split())
    assert not loaded & {"torch", "numpy", "pydantic", "msgspec", "jinja2", "asyncio"}
    assert [name for name, module in MODULES.items() if module in loaded] == imported


def test_for_an_unknown_command_the_most_similar_ones_are_suggested(tmp_path):
    found = grader_command("grad", "submissions", cwd=tmp_path)
    assert found.returncode == 2
    assert "No such command 'grad'. Did you mean 'grade', 'regrade'?" in found.stdout


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("courses")
    ill = copy_course(place / "ill")
    edit(ill / "solutions/mistakes/ex1_small.toml", 'new = ".sum()"', 'new = ".mean() * 1"')
    edit(ill / "solutions/ex1_small.py", "从 x 出发", "自 x 出发")
    edit(ill / "exercises/test_ex1_small.py", 'given.tensor("x", 4), 0.1', 'given.tensor("x", 4), 0.2')
    edit(ill / "solutions/hints/ex1_small.toml", 'nudge.zh = "是平方的平均，还是平均的平方？"\n', "")
    wrong = copy_course(place / "wrong")
    edit(wrong / "exercises/test_ex1_small.py", 'zh="每一步', 'color="每一步')
    edit(wrong / "tests/hidden/test_ex1_small.py", "weight=2", "weight=0")
    return place


@pytest.fixture(scope="module")
def ran(place):
    lines = {
        "doctor": ["doctor", "--course", COURSE, "--jobs", "1", "--only", "mean_square"],
        "doctor on the ill": ["doctor", "--course", "ill", "--no-mutants", "--jobs", "1", "--only", "mean_square"],
        "sync --check on the ill": ["sync", "--check", "--course", "ill", "--jobs", "1"],
        "doctor on the wrong": ["doctor", "--course", "wrong"],
    }
    return {name: grader_in_process(*given, cwd=place) for name, given in lines.items()}


def test_the_doctor_exits_with_0_on_a_healthy_course_and_counts(ran):
    assert ran["doctor"].returncode == 0, ran["doctor"].stdout
    assert "2 checks, 3 mistakes, 1 alternative solution, 10 trivial answers" in ran["doctor"].stdout


def test_the_doctor_exits_with_1_on_a_finding_and_gives_the_cure(ran):
    shown = ran["doctor on the ill"].stdout
    assert ran["doctor on the ill"].returncode == 1
    assert "mean_square__sum: not caught" in shown
    assert "solutions/hints/ex1_small.toml [mean_square]: nudge.zh is missing" in shown
    assert "What to do: " in shown and "Traceback" not in shown


def test_declarations_that_are_wrong_exit_with_2_and_are_all_reported(ran):
    shown = ran["doctor on the wrong"].stdout
    assert ran["doctor on the wrong"].returncode == 2
    for words in ("no claim in zh", "unknown option color", "weight is 0", "What to do: ", "test_ex1_small.py:"):
        assert words in shown
    assert "Traceback" not in shown


def test_sync_check_names_what_is_stale_after_an_edit_and_writes_nothing(ran, place):
    shown = ran["sync --check on the ill"].stdout
    assert ran["sync --check on the ill"].returncode == 1
    assert "stale: exercises/ex1_small.py" in shown
    assert "stale: exercises/golden/ex1_small.json" in shown
    assert "nudge.zh is missing" in shown and 'add nudge.zh = "..."' in shown
    assert "从 x 出发" in (place / "ill/exercises/ex1_small.py").read_text("utf-8")


def test_sync_writes_what_is_stale(ran, place):
    (place / "ill/exercises/ex1_small.py").unlink()
    written = grader_in_process("sync", "--course", "ill", "--jobs", "1", cwd=place)
    assert written.returncode == 0, written.stdout
    assert "written: exercises/ex1_small.py" in written.stdout
    assert "自 x 出发" in (place / "ill/exercises/ex1_small.py").read_text("utf-8")
    assert "4 generated files, 0 fresh" in written.stdout


def test_demo_makes_a_class_and_does_not_overwrite(tmp_path):
    made = grader_in_process("demo", "class", "--students", "12", "--course", COURSE, cwd=tmp_path)
    assert made.returncode == 0, made.stdout
    assert len(list((tmp_path / "class").iterdir())) == 12
    again = grader_in_process("demo", "class", "--course", COURSE, cwd=tmp_path)
    assert again.returncode == 2
    assert "exists already" in again.stdout
