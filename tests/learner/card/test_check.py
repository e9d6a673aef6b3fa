"""`check(f)`: the public checks on a function in memory, in any place, and never a traceback."""

import html
import re
import types

import pytest

import grader
from grader.course.goldens import PUBLIC_SEED
from grader.grading.runs.submission_grader import SubmissionGrader
from grader.grading.verdicts.explanation import explain, explained_lines
from grader.rendering.display_width import cells
from grader.submissions.submission import Submission
from tests.tools import SOLUTION, STUB_THEN_WRONG, WRONG_SUM, command, hand_out, pytest_command, unwrapped

CLAIM = "The result is the mean of the squares, and its gradient is 2 x / n."
HINT = "Twice as many entries of the same size: should the mean double?"
BOTH_WRONG = WRONG_SUM.replace("y - rate", "y + rate")


@pytest.fixture
def learner(tmp_path, monkeypatch):
    """Work in English in a hand-out of the miniature course, in a folder below its root."""
    folder = hand_out(tmp_path / "work") / "notes"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("AUTOGRADED_LANG", "en")
    return folder


def functions(source):
    """Return the functions that a session holds after running this source as one cell."""
    module = types.ModuleType("session")
    exec(compile(source, "cell.py", "exec"), module.__dict__)
    return module


def text_of(markup):
    """Return the text that a reader of HTML sees."""
    return html.unescape(re.sub(r"<style>.*?</style>|<[^>]*>", "", markup, flags=re.DOTALL))


def test_a_wrong_function_shows_claim_difference_hint_and_next_step(learner, capsys):
    card = grader.check(functions(WRONG_SUM).mean_square)
    shown = capsys.readouterr().out
    assert not card.passed and shown == f"{card!r}\n"
    assert re.search(r"mean_square +\d\.\d\d / \d\.\d\d points of the public checks", shown)
    for words in (
        "✗ value_and_gradient",
        "mean    returned ",
        "expected ",
        "6 of 6 entries differ; at [0, 0]",
        "result = mean_square(x)",
    ):
        assert words in shown
    assert CLAIM in unwrapped(shown) and HINT in unwrapped(shown)
    assert shown.rstrip().endswith(f"next: mean_square\n{CLAIM}")


def test_of_several_functions_the_next_step_is_the_one_that_was_begun(learner):
    session = functions(STUB_THEN_WRONG)
    assert "next: descend\n" in repr(grader.check(session.mean_square, session.descend))


def test_a_right_function_passes_and_the_next_of_the_exercise_is_named(learner):
    card = grader.check(functions(SOLUTION).mean_square)
    assert card.passed and card.points == card.max_points > 0
    assert repr(card).endswith("Every check passed.\nHidden checks on other data decide the grade.\nnext: descend")


def test_a_stub_is_not_started(learner):
    stub = (learner.parent / "exercises" / "ex1_small.py").read_text("utf-8")
    card = grader.check(functions(stub).descend)
    assert "· not started" in repr(card) and "✗" not in repr(card)
    assert not card.passed and card.points == 0
    assert "not started" in text_of(card._repr_html_())


def test_several_functions_are_on_one_card_and_their_columns_line_up(learner):
    session = functions(BOTH_WRONG)
    card = grader.check(session.mean_square, session.descend, lang="zh")
    heads = [line for line in repr(card).splitlines() if "公开检查项得分" in line]
    assert [head.split()[0] for head in heads] == ["mean_square", "descend"]
    assert len({cells(head.partition("/")[0]) for head in heads}) == 1
    assert "同样大小的元素多了一倍：平均值也应该翻倍吗？" in repr(card) and HINT not in repr(card)


def test_an_error_is_shown_with_the_learners_own_line_even_in_a_helper(learner):
    session = functions("def helper(x):\n    return x / [][0]\ndef mean_square(x):\n    return helper(x)\n")
    assert "IndexError: list index out of range" in repr(card := grader.check(session.mean_square))
    assert "line 2" in repr(card)
    assert (
        text_of(card._repr_html_()).count("IndexError: list index out of range") == 1
    )  # the same result is not shown twice


def test_an_endless_loop_ends_and_the_next_check_still_answers(learner):
    session = functions(SOLUTION.replace("steps -= 1", "pass"))
    card = grader.check(session.descend, session.mean_square, time_limit=0.3)
    assert "timed out after 0.3 s" in repr(card)
    assert card.parts[1].passed


def test_a_learner_who_stops_the_cell_stops_the_check(learner):
    session = functions("def mean_square(x):\n    raise KeyboardInterrupt\n")
    with pytest.raises(KeyboardInterrupt):
        grader.check(session.mean_square)


def test_a_lambda_is_found_by_the_name_it_is_bound_to(learner):
    session = functions("mean_square = lambda x: (x**2).mean()")
    assert "mean_square" in repr(grader.check(session.mean_square))


def test_an_unknown_function_or_value_gets_a_clear_message(learner):
    session = functions("def mean_squares(x): return x\ndef zebra(): pass")
    words = {
        session.mean_squares: "mean_squares: no exercise asks for a function of this name. Did you mean mean_square?",
        session.zebra: "zebra: no exercise asks for a function of this name. Known: mean_square, descend",
        "mean_square": "mean_square: this is a name, not the function: write check(mean_square)",
        "mean_sqare": "mean_sqare: no exercise asks for a function of this name. Did you mean mean_square?",
        3.5: "float: this is not a function: pass the function without calling it, as in check(mean_square)",
    }
    for thing, word in words.items():
        card = grader.check(thing)
        assert repr(card) == word and not card.passed
        assert word in text_of(card._repr_html_())


def test_no_argument_and_a_broken_hand_out_get_a_clear_message(learner):
    assert "check: pass the function itself, as in check(my_function)" in repr(grader.check())
    (learner.parent / "exercises/golden/ex1_small.json").write_text("{", "utf-8")
    assert "ex1_small.json cannot be read" in repr(grader.check(functions(SOLUTION).descend))


def test_without_exercises_those_in_the_package_are_used(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    card = grader.check(functions("def sgd_step(params, state, lr):\n    raise NotImplementedError").sgd_step)
    assert repr(card).startswith("sgd_step ")


def test_the_output_of_a_function_is_shown_on_its_card(learner, capsys):
    session = functions("def mean_square(x):\n    print('trace <b> \\x1b[2J')\n    return (x**2).sum()\n")
    card = grader.check(session.mean_square)
    shown = capsys.readouterr().out
    assert "| trace <b> �[2J" in shown and shown.count("trace") == repr(card).count("trace")
    assert "<b>" not in card._repr_html_() and "trace &lt;b&gt; �[2J" in card._repr_html_()


def test_every_text_of_a_learner_is_escaped_on_the_card(learner):
    hostile = "</p><script>alert(1)</script>\\u202e"
    session = functions(
        f"def mean_square(x):\n    raise ValueError('{hostile}')\ndef descend(*a):\n    return '{hostile}'\n"
    )
    page = grader.check(session.mean_square, session.descend, "<img src=x onerror=alert(1)>")._repr_html_()
    assert "<script" not in page and "<img" not in page and "\u202e" not in page
    assert text_of(page).count("<script>alert(1)</script>�") == 2 and "<img src=x onerror=alert(1)>" in text_of(page)


def test_a_card_says_once_how_the_values_relate_to_the_expected_ones(learner):
    card = grader.check(functions(WRONG_SUM).mean_square)
    assert repr(card).count("6 times the expected value; x has 6 elements") == 1
    assert text_of(card._repr_html_()).count("6 times the expected value; x has 6 elements") == 1


def test_a_picture_shows_which_entries_are_wrong(learner):
    page = grader.check(functions(SOLUTION.replace("rate * 2 * y", "rate * 2 * y.abs()")).descend)._repr_html_()
    assert page.count("<svg") == 1 and "of 4 entries differ." in text_of(page)


def test_pytest_the_card_and_the_final_report_say_the_same_words(learner, library, pool):
    """One wrong answer is checked in three ways with the public seed."""
    exercises = learner.parent / "exercises"
    (exercises / "ex1_small.py").write_text(BOTH_WRONG, "utf-8")
    by_pytest = pytest_command("exercises", cwd=learner.parent).stdout
    session = functions(BOTH_WRONG)
    card = grader.check(session.mean_square, session.descend)
    grading = SubmissionGrader(library, pool, PUBLIC_SEED, ["mean_square", "descend"])
    records = grading.grade(Submission("ada", exercises, ("ex1_small.py",))).records
    public = {claim.verdict.check.name: claim for part in card.parts for claim in part.claims}
    reported = {check.name: check for record in records for check in record.checks}
    for name, claim in public.items():
        assert reported[name].claim == claim.text and reported[name].max_points == claim.points
        assert reported[name].message == "\n".join([explain(claim.verdict), *claim.hints])
        found = [words for line in explained_lines(claim.verdict) for words in (line.label, line.text)]
        for words in (claim.text, *found, *claim.hints):
            assert all(words in " ".join(text.split()) for text in (by_pytest, repr(card), text_of(card._repr_html_())))
    assert any(claim.hints for claim in public.values())


CALLS_CHECK = "from grader import check\nassert check(print, 3).passed\n"


def test_a_file_that_calls_check_is_graded_as_if_it_did_not(learner, run):
    """In a sandbox there is no grading code and no golden; notebooks are submitted with their calls of check."""
    source = CALLS_CHECK + "def first():\n    check(first)\n    return 1.0\n"
    assert run(source).outcomes["first::value_of_first", 0].values["value"] == 1.0


def test_calls_of_check_in_a_file_have_no_effect_under_pytest(learner):
    (learner.parent / "exercises/ex1_small.py").write_text(f"{SOLUTION}\n{CALLS_CHECK}", "utf-8")
    shown = pytest_command("exercises", "-s", cwd=learner.parent).stdout
    assert "Every check passed." in shown and "points of the public checks" in shown
    assert "no exercise asks" not in shown


def test_importing_the_grader_and_checking_nothing_loads_no_torch(tmp_path):
    program = "import sys, grader; grader.check; print('torch' in sys.modules, 'IPython' in sys.modules)"
    assert command("-c", program, cwd=tmp_path).stdout.split() == ["False", "False"]
