"""A function is graded once for equal outcomes, and again for other outcomes."""

import weakref

import pytest

from grader.core.outcomes import Observed
from grader.grading.runs.submission_grader import SubmissionGrader
from grader.grading.verdicts.function_grading import GRADE_BYTES, GRADES_LIMIT, FunctionGrader
from grader.submissions.submission import Submission


class Forged(Observed):
    """An observation to which a weak reference can be made."""

    def __init__(self, value):
        super().__init__({"value": value})


@pytest.fixture(scope="module")
def function_grader(library, references):
    return FunctionGrader(library, references)


def outcomes_of(references, library, function):
    checks = library.course.exercise_of[function].checks_of(function)
    return tuple(references.solution(function)[check.id] for check in checks)


def test_equal_outcomes_are_graded_once(function_grader, references, library):
    found = {"descend": outcomes_of(references, library, "descend")}
    assert function_grader.grade(found)["descend"] is function_grader.grade(dict(found))["descend"]


def test_outcomes_that_only_look_alike_are_graded_separately(function_grader, references, library):
    right = outcomes_of(references, library, "descend")
    wrong = (Observed({}), *right[1:])
    first = function_grader.grade({"descend": right})["descend"]
    assert function_grader.grade({"descend": wrong})["descend"].entry.score < first.entry.score == first.entry.max_score
    copies = tuple(Observed(dict(outcome.values)) for outcome in right)
    assert function_grader.grade({"descend": copies})["descend"].entry == first.entry


def test_remembered_grades_are_limited_and_forgotten_ones_are_computed_again(function_grader, references, library):
    right = outcomes_of(references, library, "descend")
    first = function_grader.grade({"descend": right})["descend"]
    for _ in range(GRADES_LIMIT // GRADE_BYTES):
        function_grader.grade({"descend": tuple(Observed(dict(outcome.values)) for outcome in right)})
    again = function_grader.grade({"descend": right})["descend"]
    assert again is not first
    assert again.entry == first.entry


def test_a_forged_outcome_is_not_held_after_its_grade(function_grader, references, library):
    right = outcomes_of(references, library, "descend")
    huge = weakref.ref(forged := Forged(tuple(map(float, range(100_000)))))
    function_grader.grade({"descend": (forged, *right[1:])})
    del forged
    assert huge() is None


def test_a_value_that_breaks_arithmetic_fails_only_its_own_function(function_grader, references, library):
    right = outcomes_of(references, library, "mean_square")
    beyond_floats = Observed(dict.fromkeys(right[0].values, 10**400))
    grade = function_grader.grade({"mean_square": (beyond_floats, *right[1:])})["mean_square"]
    assert (grade.entry.outcome, grade.entry.fingerprint) == ("failed", "")
    assert grade.entry.score < grade.entry.max_score


def test_students_with_the_same_answer_have_separate_records(library, pool, tmp_path):
    submission_grader = SubmissionGrader(library, pool, 7, ["descend"])
    names = {
        files.file: files.solution for files in library.exercise_files.values() if "descend" in files.exercise.points
    }
    graded = []
    for student in ("ada", "bob"):
        for name, text in names.items():
            (tmp_path / student).mkdir(exist_ok=True)
            (tmp_path / student / name).write_text(f"{text}\n# {student}\n", "utf-8")
        graded.append(submission_grader.grade(Submission(student, tmp_path / student, tuple(names))))
    assert [[record.student for record in one.records] for one in graded] == [["ada"], ["bob"]]
    assert graded[0].verdicts["descend"] is graded[1].verdicts["descend"]
    assert graded[0].records[0].source and graded[0].records[0].score == graded[0].records[0].max_score


def test_the_files_to_choose_from_are_separate_even_if_a_name_has_a_comma(library, pool, tmp_path):
    stub = next(files for files in library.exercise_files.values() if "descend" in files.exercise.points)
    names = ("final, new.py", "other.PY")
    for name in names:
        (tmp_path / name).write_text(stub.solution, encoding="utf-8")
    graded = SubmissionGrader(library, pool, 7, ["descend"]).grade(Submission("ada", tmp_path, names))
    (entry,) = graded.entries
    assert entry.result.files_to_choose == names
