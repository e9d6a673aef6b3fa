"""`pytest exercises` on a hand-out of the miniature course, as a learner runs it."""

import os
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from grader.rendering.display_width import cells
from tests.tools import SOLUTION, STUB_THEN_WRONG, WRONG_SUM, command, copy_course, hand_out, pytest_command, unwrapped

pytestmark = pytest.mark.long

BOTH_WRONG = WRONG_SUM.replace("y - rate", "y + rate")
RAISES = SOLUTION.replace("return y\n", "return y / [][0]\n")
RAISES_AND_NEVER_ENDS = SOLUTION.replace(".mean()", ".mean() / [][0]").replace("steps -= 1", "pass")
CLAIM = "The result is the mean of the squares, and its gradient is 2 x / n."
SECOND_CLAIM = "One step subtracts `rate` times the gradient of the sum of squares."
# Each command imports torch, which takes seconds: few commands, several tests of each.
COMMANDS = {
    "stub, -k": (None, ["-k", "descend"]),
    "stub, Chinese": (None, ["--lang", "zh"]),
    "wrong": (BOTH_WRONG, []),
    "Chinese, -x": (BOTH_WRONG, ["-x", "--lang", "zh"]),
    "right": (f"# 老师\n{SOLUTION}".encode("gbk"), []),
    "-n 2": (WRONG_SUM, ["-n", "2"]),
    "--pdb": (RAISES, ["--pdb"]),
    "broken": (SOLUTION.replace("def descend(", "def descend(("), ["exercises/ex1_small.py::descend"]),
    "second wrong": (STUB_THEN_WRONG, []),
    "all broken": (SOLUTION.replace("def descend(", "def descend(("), []),
    "no answer": (RAISES_AND_NEVER_ENDS, ["--time-limit", "0.5"]),
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """The finished commands by name; run two at a time, because each imports torch."""
    folders = {name: hand_out(tmp_path_factory.mktemp("hand-out"), answer) for name, (answer, _) in COMMANDS.items()}
    with ThreadPoolExecutor(2) as threads:
        started = {
            name: threads.submit(
                pytest_command, *(options if name == "broken" else ["exercises", *options]), cwd=folders[name]
            )
            for name, (_, options) in COMMANDS.items()
        }
        return {name: future.result() for name, future in started.items()}


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "--pdb"])
def test_no_verdict_is_shown_with_a_traceback(ran, name):
    for sign in ("Traceback", "INTERNALERROR", "grader/learner", "CheckFailedError"):
        assert sign not in ran[name].stdout


def test_a_stub_is_not_started_and_the_run_exits_with_1(ran):
    shown = ran["stub, -k"].stdout
    assert ran["stub, -k"].returncode == 1
    assert "1 not started" in shown
    assert "failed" not in shown and "passed" not in shown


def test_k_selects_by_function_and_next_is_the_first_that_is_left(ran):
    assert "1 deselected" in ran["stub, -k"].stdout
    assert "next: descend in ex1_small.py" in ran["stub, -k"].stdout


def test_next_is_a_function_that_was_begun_although_a_stub_precedes_it(ran):
    assert "next: descend in ex1_small.py" in ran["second wrong"].stdout


def test_a_wrong_answer_shows_claim_yours_expected_and_hint(ran):
    shown = ran["wrong"].stdout
    assert ran["wrong"].returncode == 1
    for words in (CLAIM, SECOND_CLAIM, "mean returned ", "expected ", "6 of 6 entries differ; at [0, 0]"):
        assert words in unwrapped(shown)
    assert "hint Twice as many entries of the same size: should the mean double?" in unwrapped(shown)
    assert "hint The gradient points uphill; which way do you go?" in unwrapped(shown)
    assert "result = mean_square(x)" in shown and "try     grader try mean_square::value_and_gradient" in shown
    assert "mean_square::value_and_gradient ___" in shown and "FAILED" not in shown, "each is named once"


def test_claims_and_hints_are_in_chinese(ran):
    shown = ran["Chinese, -x"].stdout
    assert ran["Chinese, -x"].returncode == 1
    for words in ("结果是平方的平均值，梯度为 2x/n。", "同样大小的元素多了一倍：平均值也应该翻倍吗？", "小练习"):
        assert words in shown
    assert CLAIM not in shown and "should the mean double?" not in shown
    assert "mean_square::value_and_gradient ___" in shown


def test_the_summary_is_in_chinese_and_its_columns_line_up(ran):
    stub, wrong = ran["stub, Chinese"].stdout, ran["Chinese, -x"].stdout
    assert ran["stub, Chinese"].returncode == 1
    for words in ("2 未开始", "公开检查项得分", "下一步：ex1_small.py 中的 mean_square\n        结果是平方的"):
        assert words in stub
    for words in ("mean    返回 ", "，期望 ", "6 个元素中有 6 个不同", "提示    同样大小"):
        assert words in wrong
    for words in ("not started", "next:", "returned", "expected", "hint ", "points of"):
        assert words not in (stub + wrong).replace("grader hint ", "")
    (heading,) = [line for line in stub.splitlines() if "公开检查项得分" in line]
    assert 156 <= cells(heading) <= 160  # the width of the terminal in these tests
    bars = [line for name in ("wrong", "Chinese, -x") for line in ran[name].stdout.splitlines() if "░" in line]
    assert [cells(re.split("[█░]", line)[0]) for line in bars] == [54, 54]


def test_the_table_of_points_is_aligned_with_a_long_name_of_an_exercise(tmp_path):
    folder = hand_out(tmp_path / "learner")
    for path in list(folder.rglob("*ex1_small*")):
        twin = path.read_text("utf-8").replace("mean_square", "mean_square_2").replace("descend", "descend_2")
        if path.suffix == ".py":
            twin = twin.replace("Small things", "Small things in a title of many words")
        path.with_name(path.name.replace("ex1_small", "ex2_softmax_attention")).write_text(twin, "utf-8")
    shown = pytest_command("exercises", cwd=folder).stdout
    bars = [line for line in shown.splitlines() if "░" in line]
    assert [cells(re.split("[█░]", line)[0]) for line in bars] == [54, 54]
    assert (
        "  ex1_small.py             Small things " in shown
        and "  ex2_softmax_attention.py Small things in a title o… " in shown
    )
    assert all(cells(line) <= 80 for line in bars)


def test_right_answers_exit_with_0(ran):
    assert ran["right"].returncode == 0
    assert unwrapped(ran["right"].stdout).count("ex1_small.py is not UTF-8. It was read as GB18030") == 1
    assert "\nexercises/ex1_small.py:1\n" in ran["right"].stdout  # the place of the warning
    assert "2 passed" in ran["right"].stdout
    assert "Every check passed." in ran["right"].stdout
    assert "2.00 /  2.00" in ran["right"].stdout


def test_x_stops_at_the_first_wrong_answer(ran):
    assert "1 failed" in ran["Chinese, -x"].stdout
    assert "每一步都沿着负梯度走 rate 倍。" not in ran["Chinese, -x"].stdout


def test_several_processes_give_the_same_words_and_one_summary(ran):
    shown = ran["-n 2"].stdout
    assert ran["-n 2"].returncode == 1
    assert "1 failed, 1 passed" in shown
    assert "hint    Twice as many entries" in shown
    assert shown.count("points of the public checks") == 1
    assert "1.00 /  2.00" in shown


def test_the_debugger_opens_in_the_students_code_and_does_not_hang(ran):
    assert ran["--pdb"].returncode != 0
    assert "return y / [][0]" in ran["--pdb"].stdout
    assert "(Pdb)" in ran["--pdb"].stdout
    traceback = ran["--pdb"].stdout.partition("> traceback >")[2].partition("> entering PDB >")[0]
    assert "IndexError: list index out of range" in traceback
    assert "observe.py" not in traceback and "pluggy" not in traceback


def test_a_syntax_error_is_the_next_step(ran):
    shown = ran["broken"].stdout
    assert ran["broken"].returncode == 1
    assert "next: descend in ex1_small.py\n      ✘ Python cannot read ex1_small.py yet: line " in shown


def test_a_syntax_error_is_shown_once_and_not_for_each_check(ran):
    shown = ran["all broken"].stdout
    assert ran["all broken"].returncode == 1
    assert "1 failed, 1 not run" in shown
    assert shown.count("SyntaxError") == 1
    assert re.search(r"^✘ Python cannot read ex1_small.py yet: line \d+, column \d+\n  SyntaxError: ", shown, re.M)
    assert "next: mean_square in ex1_small.py\n      ✘ Python cannot read ex1_small.py yet: line " in shown
    assert "0.00 /  2.00" in shown


def test_the_file_of_answers_as_argument_runs_its_checks(ran):
    assert "collected 1 item" in ran["broken"].stdout  # named as exercises/ex1_small.py::descend
    assert "descend::one_step" in ran["broken"].stdout


def test_an_exception_is_shown_with_the_students_line(ran):
    assert "IndexError: list index out of range" in ran["no answer"].stdout
    assert ": return (x**2).mean() / [][0]" in ran["no answer"].stdout


def test_an_endless_loop_is_ended_and_named(ran):
    assert ran["no answer"].returncode == 1
    assert "timed out after 0.5 s" in ran["no answer"].stdout
    assert "hint  What makes your loop end?" in ran["no answer"].stdout


BROKEN = {
    "no golden": ("ex1_small.json is missing", "exercises", []),
    "no such submission": ("nowhere", "tests/hidden", ["--submission", "nowhere"]),
}


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    def run(name):
        root = copy_course(tmp_path_factory.mktemp("broken") / "course")
        if name == "no golden":
            (root / "exercises/golden/ex1_small.json").unlink()
        _, target, options = BROKEN[name]
        return pytest_command(target, *options, cwd=root)

    with ThreadPoolExecutor(2) as threads:
        return dict(zip(BROKEN, threads.map(run, BROKEN), strict=True))


@pytest.mark.parametrize("name", BROKEN)
def test_a_collection_error_is_one_sentence(broken, name):
    assert broken[name].returncode != 0
    assert BROKEN[name][0] in broken[name].stdout
    for sign in ("Traceback", "INTERNALERROR", "grader/learner"):
        assert sign not in broken[name].stdout


def test_a_file_that_cannot_be_read_is_a_warning_and_the_others_are_checked(tmp_path):
    hand_out(tmp_path, SOLUTION)
    (tmp_path / "exercises/.#ex1_small.py").symlink_to("student@host.4711:1")  # Emacs, while the file is edited
    (tmp_path / "exercises/gone.py").symlink_to("nowhere.py")
    os.mkfifo(tmp_path / "exercises/pipe.py")
    (tmp_path / "exercises/ex1_small.py").rename(tmp_path / "elsewhere.py")
    (tmp_path / "exercises/ex1_small.py").symlink_to("../elsewhere.py")
    ran = pytest_command("exercises", cwd=tmp_path, timeout=120)
    assert ran.returncode == 0
    for words in ("Every check passed.", "gone.py: ", "pipe.py: "):
        assert words in ran.stdout
    assert ".#ex1_small.py" not in ran.stdout


def test_garbage_collections_skip_torch_and_collect_everything_else(tmp_path):
    hand_out(tmp_path, SOLUTION)
    with (tmp_path / "exercises/conftest.py").open("a", encoding="utf-8") as file:
        file.write(
            "\nimport gc\ndef pytest_sessionfinish():\n    print(gc.get_freeze_count() > 50_000, gc.isenabled())\n"
        )
    shown = command("-m", "pytest", "exercises", cwd=tmp_path).stdout
    assert "2 passed in " in shown  # and no warning of a plugin that lacks a removed module
    assert "True True" in shown
