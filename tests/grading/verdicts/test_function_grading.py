"""What is decided about a function: once for the same outcomes, anew for others, whatever was decided before."""

import pytest

from grader.core.outcomes import Observed
from grader.grading.runs.session import Session
from grader.grading.verdicts.function_grading import REMEMBERED, Judge
from grader.submissions.submission import Submission


@pytest.fixture(scope="module")
def judge(library, references):
    return Judge(library, references, "en")


def outcomes_of(references, library, function):
    checks = library.course.exercise_of[function].checks_of(function)
    return tuple(references.solution(function)[check.id] for check in checks)


def test_the_same_outcomes_are_judged_once(judge, references, library):
    found = {"descend": outcomes_of(references, library, "descend")}
    assert judge.judge(found)["descend"] is judge.judge(dict(found))["descend"]


def test_outcomes_that_only_look_alike_are_judged_by_themselves(judge, references, library):
    right = outcomes_of(references, library, "descend")
    wrong = (Observed({}), *right[1:])
    first = judge.judge({"descend": right})["descend"]
    assert judge.judge({"descend": wrong})["descend"].record.score < first.record.score == first.record.max_score
    copies = tuple(Observed(dict(outcome.values)) for outcome in right)
    assert judge.judge({"descend": copies})["descend"].record == first.record


def test_what_is_remembered_is_bounded_and_what_was_forgotten_is_judged_again(judge, references, library):
    right = outcomes_of(references, library, "descend")
    first = judge.judge({"descend": right})["descend"]
    for _ in range(REMEMBERED + 1):
        judge.judge({"descend": tuple(Observed(dict(outcome.values)) for outcome in right)})
    again = judge.judge({"descend": right})["descend"]
    assert again is not first
    assert again.record == first.record


def test_students_who_gave_the_same_have_records_of_their_own(library, pool, tmp_path):
    session = Session(library, pool, 7, ["descend"])
    names = {
        shelf.file: shelf.solution for shelf in library.exercise_files.values() if "descend" in shelf.exercise.points
    }
    graded = []
    for student in ("ada", "bob"):
        for name, text in names.items():
            (tmp_path / student).mkdir(exist_ok=True)
            (tmp_path / student / name).write_text(f"{text}\n# {student}\n", "utf-8")
        graded.append(session.grade(Submission(student, tmp_path / student, tuple(names))))
    assert [[record.student for record in one.records] for one in graded] == [["ada"], ["bob"]]
    assert graded[0].verdicts["descend"] is graded[1].verdicts["descend"]
    assert graded[0].records[0].source and graded[0].records[0].score == graded[0].records[0].max_score
