"""Verdicts, records and hints of real submissions to the miniature course."""

import numpy as np
import pytest

from grader.core.comparison import Tolerance
from grader.core.outcomes import Crashed, GraderFault, Missing, NotAttempted, Observed, Raised, Refused, TimedOut
from grader.core.reasons import Code, Reason
from grader.core.text import Text
from grader.core.values import Array
from grader.course.library import open_library
from grader.experiments.declaration import Check
from grader.grading.runs.submission_grader import SubmissionGrader
from grader.grading.verdicts.explanation import explain
from grader.grading.verdicts.verdict import decide, distance
from grader.submissions.submission import Submission
from tests.tools import SOLUTION, STUB, edit, write_files

CHECK = Check("f", "check", Text(en="A claim.", zh="断言。"), False, 1, Tolerance(at_most={"gap": 1.0}), False)
RIGHT, WHY = Observed({"x": 1.0}), Reason.of(Code.LOST_WORKERS)


@pytest.fixture
def grade(submission_grader, tmp_path):
    """Grade files; return {function: record}."""

    def grade(files, submission_grader=submission_grader):
        files = {"ex1_small.py": files} if isinstance(files, str | bytes) else files
        folder = write_files(tmp_path / "ada", files)
        graded = submission_grader.grade(Submission("ada", folder, tuple(files)))
        return {record.function: record for record in graded.records}

    return grade


def failed(record):
    return [check.name for check in record.checks if not check.passed]


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (RIGHT, "passed"),
        (Observed({"x": 1.1}), "failed"),
        (Observed({}), "failed"),
        (Observed({"x": 1.0, "y": 1.0}), "failed"),
        (NotAttempted(), "not_attempted"),
        (Missing(WHY), "missing"),
        (Raised("E", "m"), "raised"),
        (TimedOut(1.0), "timed_out"),
        (Crashed(WHY), "crashed"),
        (Refused((WHY,)), "refused"),
        (GraderFault(WHY), "grader_fault"),
    ],
)
def test_every_outcome_has_its_status_and_only_the_right_observation_passes(outcome, status):
    verdict = decide(CHECK, outcome, RIGHT)
    assert verdict.status == status
    assert verdict.passed is (status == "passed")
    assert bool(explain(verdict)) is (status != "passed")


@pytest.mark.parametrize("reference", [Raised("E", "m"), TimedOut(1.0), Crashed(WHY), NotAttempted(), Missing()])
@pytest.mark.parametrize("outcome", [RIGHT, Raised("E", "m"), NotAttempted(), Missing()])
def test_a_check_without_an_outcome_of_the_solution_is_never_the_students_fault(outcome, reference):
    verdict = decide(CHECK, outcome, reference)
    assert verdict.status == "grader_fault"
    assert not verdict.passed


@pytest.mark.parametrize(("name", "text"), [("d", "dtype: "), ("k", "keys: "), ("s", "shape: ")])
def test_a_property_of_an_observation_is_named_even_if_its_word_begins_with_the_name(name, text):
    pairs = {
        "d": (Array.of(np.zeros(2, np.float32)), Array.of(np.zeros(2))),
        "k": ({"x": 1.0}, {"y": 1.0}),
        "s": (Array.of(np.zeros((2, 3))), Array.of(np.zeros((3, 2)))),
    }
    yours, expected = pairs[name]
    verdict = decide(CHECK, Observed({name: yours}), Observed({name: expected}))
    assert explain(verdict).startswith(f"{name}: {text}")


def test_the_distance_is_in_tolerances():
    assert distance(decide(CHECK, RIGHT, RIGHT)) == 0.0
    assert distance(decide(CHECK, Observed({"x": 1.0 + 1.01e-5}), RIGHT)) == pytest.approx(100, rel=0.01)
    assert distance(decide(CHECK, Raised("E", "m"), RIGHT)) == float("inf")


def test_a_right_answer_gets_all_points(grade):
    records = grade(SOLUTION)
    assert {f: (r.score, r.max_score, r.outcome, r.mistakes) for f, r in records.items()} == {
        "mean_square": (3.0, 3.0, "passed", []),
        "descend": (2.0, 2.0, "passed", []),
    }
    assert all(check.passed and check.message == "" for r in records.values() for check in r.checks)
    assert records["mean_square"].source == "ex1_small.py"


def test_the_untouched_stub_gets_nothing_and_no_hint(grade):
    for record in grade(STUB.read_bytes()).values():
        assert (record.score, record.outcome, record.mistakes) == (0.0, "not_attempted", [])


def test_a_wrong_answer_shows_yours_expected_and_its_own_hint(grade, library):
    record = grade(SOLUTION.replace(".mean()", ".sum()"))["mean_square"]
    assert (record.score, record.outcome, record.mistakes) == (2.0, "failed", ["mean_square__sum"])
    (check,) = [check for check in record.checks if not check.passed]
    assert "mean: returned " in check.message and ", expected " in check.message
    assert "6 of 6 entries differ" in check.message
    assert check.message.endswith(library.mistakes["mean_square__sum"].hint.in_("en"))


def test_every_known_mistake_is_recognized_as_itself_first(grade, library):
    for mistake in library.exercise_files["ex1_small"].mistakes:
        if not mistake.fatal_outcome:
            record = grade(mistake.source)[mistake.function]
            assert record.mistakes[:1] == [mistake.id]
            assert failed(record)


def test_a_mistake_written_with_other_code_is_recognized(grade):
    source = SOLUTION.replace("(x**2).mean()", "torch.dot(x.flatten(), x.flatten())")
    assert grade(source)["mean_square"].mistakes == ["mean_square__sum"]


def test_two_mistakes_in_one_function_are_each_named_in_the_checks_that_they_fail(grade):
    source = SOLUTION.replace(".mean()", ".sum()").replace("if x.numel() == 0:", "if False:")
    record = grade(source)["mean_square"]
    assert set(record.mistakes) == {"mean_square__sum", "mean_square__no_check"}
    assert record.score == 0.0
    hints = {check.name: check.message for check in record.checks}
    assert "should the mean double?" in hints["value_and_gradient"]
    assert "mean of nothing" not in hints["value_and_gradient"]


def test_a_wrong_answer_that_is_no_known_mistake_gets_no_hint(grade):
    record = grade(SOLUTION.replace(".mean()", ".mean() * 7.77"))["mean_square"]
    assert record.mistakes == []
    assert failed(record) == ["value_and_gradient", "empty_raises"]


def test_an_endless_loop_gets_the_hint_of_the_endless_mistake_and_costs_one_function(grade):
    records = grade(SOLUTION.replace("steps -= 1", "pass"))
    assert (records["descend"].outcome, records["descend"].mistakes) == ("timed_out", ["descend__endless"])
    assert records["mean_square"].outcome == "passed"


def test_a_changed_argument_is_named_in_the_message(grade):
    record = grade(SOLUTION.replace("x.detach().clone()", "x").replace("y = y - rate * 2 * y", "y -= rate * 2 * y"))[
        "descend"
    ]
    assert record.mistakes[0] == "descend__changes_x"
    assert "your function changed its argument" in record.checks[0].message


def test_the_limit_of_at_most_is_in_the_message(grade):
    record = grade(SOLUTION.replace("while steps > 0", "while steps > 28"))["descend"]
    assert "distance: returned" in record.checks[1].message
    assert "expected at most 0.01" in record.checks[1].message


def test_a_function_has_the_worst_outcome_of_its_checks(grade):
    source = SOLUTION.replace("return y\n", "return y if rate == 0.1 else 1 / 0\n")
    record = grade(source)["descend"]
    assert (record.outcome, record.score) == ("raised", 1.0)
    assert "ZeroDivisionError: division by zero\nline " in record.checks[1].message


def test_the_message_about_a_file_that_does_not_compile_has_line_and_column(grade):
    for record in grade("x = 1\ndef mean_square(:\n").values():
        assert (record.score, record.outcome) == (0.0, "raised")
        assert "SyntaxError" in record.checks[0].message and "line 2, column" in record.checks[0].message


def test_a_file_that_cannot_be_decoded_needs_review(submission_grader, tmp_path):
    write_files(tmp_path, {"ex1_small.py": SOLUTION.encode("utf-16") + b"\n"})
    graded = submission_grader.grade(Submission("ada", tmp_path, ("ex1_small.py",)))
    assert all("cannot be decoded" in graded.renderer.review_reason(entry) for entry in graded.entries)
    assert [(record.outcome, record.score) for record in graded.records] == [("unreadable", None)] * 2


def test_a_function_is_ungraded_and_never_zero_if_the_solution_raises(course, pool, grade):
    edit(course / "solutions/ex1_small.py", "return y\n", "return y / [][0]\n")
    broken = open_library(course)
    submission_grader = SubmissionGrader(broken, pool, 7, list(broken.course.exercise_of))
    for answer in (SOLUTION, STUB.read_bytes(), "x = 1\n"):
        records = grade(answer, submission_grader)
        assert (records["descend"].score, records["descend"].outcome) == (None, "grader_fault")
        assert "not your fault" in records["descend"].checks[0].message
        assert records["mean_square"].score == (3.0 if answer == SOLUTION else 0.0)


def test_another_language_changes_words_and_nothing_else(library, pool, tmp_path, grade):
    chinese = SubmissionGrader(library, pool, 7, list(library.course.exercise_of), language="zh")
    source = SOLUTION.replace(".mean()", ".sum()")
    en, zh = grade(source)["mean_square"], grade(source, chinese)["mean_square"]
    assert zh.checks[0].claim == "结果是平方的平均值，梯度为 2x/n。"
    assert "平均值也应该翻倍吗" in zh.checks[0].message
    assert (en.score, en.mistakes, en.outcome) == (zh.score, zh.mistakes, zh.outcome)


def test_another_seed_gives_other_numbers_and_the_same_score(library, pool, grade):
    source = SOLUTION.replace(".mean()", ".sum()")
    one = grade(source)["mean_square"]
    two = grade(source, SubmissionGrader(library, pool, 8, list(library.course.exercise_of)))["mean_square"]
    assert one.checks[0].message != two.checks[0].message
    assert (one.score, one.mistakes) == (two.score, two.mistakes)
