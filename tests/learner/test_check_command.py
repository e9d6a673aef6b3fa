"""`grader check` checks exactly the functions or files that are named, and prints text or JSON."""

import json

import pytest

from tests.tools import ROOT, SOLUTION, WRONG_SUM, grader_in_process, hand_out, unwrapped, write_files

HINT = "Twice as many entries of the same size: should the mean double?"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Hand-outs by name: wrong, right, untouched, raising, broken."""
    place = tmp_path_factory.mktemp("learners")
    hand_out(place / "wrong", WRONG_SUM)
    hand_out(place / "right", SOLUTION)
    hand_out(place / "new")
    hand_out(place / "raising", SOLUTION.replace("return (x**2).mean()", "return x.nothing"))
    hand_out(place / "broken", SOLUTION.replace("return y", "return (y"))
    return place


def checked(folder, *arguments):
    """Run `grader check` in a folder."""
    return grader_in_process("check", *arguments, cwd=folder)


def document(folder, *arguments):
    """Return the JSON document and the exit code of `grader check --json`."""
    found = checked(folder, *arguments, "--json")
    return json.loads(found.stdout), found.returncode


def test_every_failed_check_of_a_function_is_shown_with_its_hint(place):
    found = checked(place / "wrong", "mean_square")
    assert found.returncode == 1
    shown = unwrapped(found.stdout)
    assert shown.startswith("✘ mean_square exercises/ex1_small.py:11 0 of 1 checks pass ✘ value_and_gradient")
    assert "returned 31.9375, expected 5.32292" in shown and f"hint: {HINT}" in shown
    assert "descend" not in shown


@pytest.mark.parametrize("factor", [1, 2])
def test_a_function_that_answers_some_checks_counts_as_begun(tmp_path, factor):
    """One of three reductions of `mse_by_hand` is written, right or wrong; the others still are to be written."""
    for name in ("ex1_losses.py", "test_ex1_losses.py", "golden/ex1_losses.json"):
        write_files(tmp_path, {f"exercises/{name}": (ROOT / "exercises" / name).read_text("utf-8")})
    stub = tmp_path / "exercises/ex1_losses.py"
    half = f'    if reduction == "mean":\n        return {factor} * ((output - target) ** 2).mean()\n    raise'
    source = stub.read_text("utf-8")
    stub.write_text(
        source.replace('    raise NotImplementedError("mse_by_hand")', f"{half} NotImplementedError"), "utf-8"
    )
    shown = unwrapped(checked(tmp_path, "mse_by_hand").stdout)
    assert "not started" not in shown
    if factor == 1:
        assert "✘ mse_by_hand" in shown and "3 of 9 checks pass" in shown
        assert "In this check your function still raises NotImplementedError: 'sum' adds up" in shown
    else:
        assert "0 of 9 checks pass ✘ mean_over_all_elements" in shown and shown.count("✘") == 4
        assert "checks your function still raises NotImplementedError: sum_over_all_elements, none_keeps" in shown
    following = unwrapped(grader_in_process("progress", cwd=tmp_path).stdout).partition("next: ")[2]
    assert following.startswith("mse_by_hand ")  # compute_mse_loss, above it, is not started


def test_the_exit_code_is_0_if_all_checks_pass(place):
    found = checked(place / "wrong", "descend")
    assert (found.returncode, unwrapped(found.stdout)[:9]) == (0, "✔ descend")
    assert checked(place / "right").returncode == 0
    assert checked(place / "new", "descend").returncode == 1


def test_a_file_that_is_not_utf8_is_checked_with_a_remark(tmp_path):
    folder = hand_out(tmp_path / "gbk", f"# 老师\n{SOLUTION}".encode("gbk"))
    found, code = document(folder)
    assert code == 0 and [check["status"] for check in found["checks"]] == ["passed"] * 2
    (warning,) = found["warnings"]
    assert warning.startswith("ex1_small.py is not UTF-8. It was read as GB18030")


@pytest.mark.parametrize(
    ("targets", "functions"),
    [
        ([], ["mean_square", "descend"]),
        (["descend"], ["descend"]),
        (["descend", "mean_square"], ["mean_square", "descend"]),
        (["ex1_small"], ["mean_square", "descend"]),
        (["exercises/ex1_small.py"], ["mean_square", "descend"]),
    ],
)
def test_exactly_the_named_functions_are_checked(targets, functions, place):
    assert [check["function"] for check in document(place / "wrong", *targets)[0]["checks"]] == functions


def test_the_name_of_a_function_does_not_select_functions_whose_names_begin_with_it(tmp_path):
    """`pytest -k descend` would select descend_again, too."""
    folder = hand_out(tmp_path / "two", SOLUTION)
    for name in ("exercises/test_ex1_small.py", "exercises/golden/ex1_small.json", "exercises/ex1_small.py"):
        text = (folder / name).read_text("utf-8")
        write_files(folder, {name: text.replace("mean_square", "descend_again")})
    assert [check["function"] for check in document(folder, "descend")[0]["checks"]] == ["descend"]


def test_the_document_has_what_an_editor_needs(place):
    found, code = document(place / "wrong", "mean_square")
    (check,) = found["checks"]
    assert code == 1 and found["warnings"] == []
    assert check["call"].startswith("x = torch.tensor([[") and check["call"].endswith("result = mean_square(x)")
    relation = "6 times the expected value; x has 6 elements"
    assert check["message"].startswith(f"mean: returned 31.9375, expected 5.32292\n{relation}\nx.grad: ")
    assert check["relation"] == f"mean, x.grad: {relation}"
    del check["call"], check["message"], check["relation"]
    assert check == {
        "function": "mean_square",
        "check": "mean_square::value_and_gradient",
        "claim": "The result is the mean of the squares, and its gradient is 2 x / n.",
        "status": "failed",
        "file": str(place / "wrong/exercises/ex1_small.py"),
        "line": 11,
        "hints": [{"id": "mean_square__sum", "text": HINT}],
        "points": 0.0,
        "max_points": 1.0,
    }


def test_the_document_says_that_a_check_passed(place):
    (check,) = document(place / "wrong", "descend")[0]["checks"]
    assert (check["status"], check["points"], check["message"], check["call"]) == ("passed", 1.0, "", "")


def test_the_line_is_that_of_an_exception(place):
    (check,) = document(place / "raising", "mean_square")[0]["checks"]
    assert check["status"] == "raised" and check["line"] == 21
    assert check["message"].startswith("AttributeError: ")
    syntax = document(place / "broken", "mean_square")[0]["checks"][0]
    assert syntax["status"] == "raised" and syntax["line"] > 14 and "SyntaxError" in syntax["message"]


def test_the_document_is_translated_into_chinese(place):
    (check,) = document(place / "wrong", "mean_square", "--lang", "zh")[0]["checks"]
    assert check["claim"] == "结果是平方的平均值，梯度为 2x/n。"
    assert check["message"].startswith("mean: 返回 31.9375，期望 5.32292")


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (["decend"], "decend: no such function. Did you mean descend?"),
        (["exercises/ex7.py"], "File not found: exercises/ex7.py"),
        (["descend", "exercises/ex1_small.py"], "Name functions or files, not both"),
    ],
)
def test_a_wrong_target_is_refused(targets, message, place):
    for more in ([], ["--json"]):
        found = checked(place / "wrong", *targets, *more)
        assert found.returncode == 2
        assert message in unwrapped(found.stdout)
