"""The JSON for Gradescope, PrairieLearn and GitHub Classroom follows the rules of each system."""

import json
import re
from base64 import b64decode
from dataclasses import replace

import msgspec
import pytest

from grader.core.errors import UsageError
from grader.grading.policy.final_score import FinalScore
from grader.grading.policy.policy import HiddenChecks
from tests.exports.conftest import FAULTY, HOSTILE_ID, student
from tests.exports.gradescope_format import check_gradescope

SCORES = {"ada": 5.0, "bob": 2.0, "王小明": 0.0, HOSTILE_ID: 3.0, "utf16": None, FAULTY: None}
UNGRADED = {"utf16": ("mean_square", "descend"), FAULTY: ("descend",)}


def only(results, name):
    return replace(results, students=(student(results, name),))


def read(results, export, to, name):
    """Return the only file of one student, decoded."""
    return json.loads(export(only(results, name), to, "one.json").files[0].read_bytes())


def plain(document):
    """Return every string in a document, keys included."""
    found = re.findall(r'"((?:[^"\\]|\\.)*)"', json.dumps(document, ensure_ascii=False))
    return [json.loads(f'"{text}"') for text in found]


@pytest.mark.parametrize("name", SCORES)
def test_gradescope_records_the_score_and_none_where_the_grader_failed(results, export, name):
    document = read(results, export, "gradescope", name)
    assert check_gradescope(document) == SCORES[name]
    if SCORES[name] is None:
        assert not any("score" in test for test in document["tests"])
        assert {test["status"] for test in document["tests"] if "descend" in test["tags"]} == {"failed"}
        assert document["output"].startswith("No total yet: part of this submission is ungraded.")
    else:
        assert sum(test["score"] for test in document["tests"]) == pytest.approx(SCORES[name])
        assert sum(test["max_score"] for test in document["tests"]) == pytest.approx(5.0)


def test_gradescope_tells_the_staff_and_the_student_different_things(results, export):
    document = read(results, export, "gradescope", "utf16")
    assert "ask the student for a file in UTF-8" in document["extra_data"]["needs_review"]
    assert "ask the student" not in json.dumps([document["output"], document["tests"]])
    assert any("Save the file as UTF-8 and hand it in again" in test["output"] for test in document["tests"])


def test_gradescope_numbers_every_test_once(results, export):
    numbers = [test["number"] for test in read(results, export, "gradescope", "bob")["tests"]]
    assert numbers == ["1.1.1", "1.1.2", "1.2.1", "1.2.2"]


@pytest.mark.parametrize("to", ["gradescope", "prairielearn", "github"])
def test_text_of_a_student_is_visible_and_no_format_reads_it_as_markup(results, export, to):
    document = read(results, export, to, HOSTILE_ID)
    texts = plain(document)
    assert any("alert(1)" in text for text in texts)
    assert all(line.isprintable() for text in texts for line in text.split("\n"))
    assert not any(value in ("md", "html", "ansi") for value in texts)


@pytest.mark.parametrize("to", ["gradescope", "prairielearn", "github"])
@pytest.mark.parametrize(
    ("hidden", "hints", "values", "claims"),
    [
        (HiddenChecks.NOTHING, 0, 0, 0),
        (HiddenChecks.CLAIMS, 0, 0, 1),
        (HiddenChecks.HINTS, 1, 0, 1),
        (HiddenChecks.FULL, 1, 1, 1),
    ],
)
def test_the_policy_decides_what_students_see_of_hidden_checks(results_with, export, to, hidden, hints, values, claims):
    document = read(results_with(hidden=hidden), export, to, "bob")
    (check,) = [
        t for t in document["tests"] if "minimum is nearer" in json.dumps(t) or "Hidden checks" in json.dumps(t)
    ][-1:]
    message = check.get("output", "") + check.get("message", "")
    assert ("The gradient points uphill" in message, "expected" in message) == (bool(hints), bool(values))
    assert ("minimum is nearer" in json.dumps(document)) is bool(claims)
    public = [t for t in document["tests"] if "One step subtracts" in json.dumps(t)]
    assert "expected" in json.dumps(public)


def test_without_a_course_students_see_only_claims(results_with, export):
    document = read(results_with(course=None), export, "gradescope", "bob")
    assert check_gradescope(document) == 2.0
    assert not any(test["output"] for test in document["tests"])


def test_penalty_and_override_are_in_the_exported_score(results, export):
    ada = student(results, "ada")
    final = FinalScore("ada", 3.5, 5.0, 5.0, 3.5, penalty=1.5, why="one day late", comments={"descend": "<b>nice</b>"})
    changed = replace(results, students=(replace(ada, score=3.5, final=final),))
    document = read(changed, export, "gradescope", "ada")
    assert check_gradescope(document) == 3.5
    assert document["output"] == "3.5 of 5 points\none day late\ndescend: <b>nice</b>"
    assert read(changed, export, "prairielearn", "ada")["score"] == pytest.approx(0.7)


@pytest.mark.parametrize("name", SCORES)
def test_prairielearn_gets_a_fraction_and_points_in_every_test(results, export, name):
    document = read(results, export, "prairielearn", name)
    assert document.keys() <= {"gradable", "score", "message", "tests"}
    assert document["gradable"] is (SCORES[name] is not None)
    assert document.get("score") == (None if SCORES[name] is None else SCORES[name] / 5)
    for test in document["tests"]:
        assert test.keys() == {"name", "description", "points", "max_points", "message"}
        assert 0 <= test["points"] <= test["max_points"]
    neutral = [test for test in document["tests"] if test["max_points"] == 0]
    assert {test["name"] for test in neutral} == {*UNGRADED.get(name, ())}


@pytest.mark.parametrize(("factor", "tests", "lengths"), [(1, 4, {20_000}), (20, 80, {2_000}), (400, 1600, {0})])
def test_prairielearn_gets_a_file_within_its_limit_and_all_points(results, export, factor, tests, lengths):
    bob = student(results, "bob")
    records = []
    for record in bob.records:
        checks = [msgspec.structs.replace(check, message="値" * 30_000, call="") for check in record.checks]
        records.append(msgspec.structs.replace(record, checks=checks * factor))
    big = replace(bob, records=tuple(records))
    shown = replace(results, students=(big,), visible_part=lambda record: record)
    data = export(shown, "prairielearn", "one.json").files[0].read_bytes()
    assert len(data) <= 1_000_000
    document = json.loads(data)
    assert document["score"] == 0.4 and len(document["tests"]) == tests
    assert {len(test["message"]) for test in document["tests"]} == lengths


@pytest.mark.parametrize("name", SCORES)
def test_github_has_the_version_the_points_and_the_same_in_base64(results, export, name):
    done = export(only(results, name), "github", "one.json")
    document = json.loads(done.files[0].read_bytes())
    assert json.loads(b64decode(done.files[1].read_bytes(), validate=True)) == document
    assert document["version"] == 3 and document["max_score"] == 5.0
    assert document["status"] == {5.0: "pass", None: "error"}.get(SCORES[name], "fail")
    scores = [test.get("score") for test in document["tests"]]
    assert all(test["status"] in ("pass", "fail", "error") for test in document["tests"])
    if SCORES[name] is None:
        assert scores == [None] * 4
    else:
        assert sum(scores) == pytest.approx(SCORES[name])


def test_no_line_of_a_github_log_is_a_command(results_with, export):
    document = read(results_with(hidden=HiddenChecks.FULL), export, "github", HOSTILE_ID)
    lines = [line for text in plain(document) for line in text.split("\n")]
    assert any("error" in line and "x" in line for line in lines)
    assert not any(line.lstrip().startswith("::") or "##[" in line for line in lines)


@pytest.mark.parametrize("text", ["::stop-commands::x", "a\n  ::error::b", ":::a", "##[group]x", "a ###[b", "####[x"])
def test_commands_in_a_text_are_escaped_for_github(text):
    from grader.exports.targets.github import without_commands

    assert not any(line.lstrip().startswith("::") or "##[" in line for line in without_commands(text).split("\n"))


@pytest.mark.parametrize("to", ["gradescope", "prairielearn", "github"])
def test_every_student_has_a_file_in_the_output_folder_also_with_unusual_names(results, export, to, tmp_path):
    names = ["ada", "Ada", "../../up", "/etc/x", "a\nb", "con.", "x" * 300, "王小明", "\u202egpj"]
    people = [replace(student(results, "ada"), id=name) for name in names]
    done = export(replace(results, students=tuple(people)), to)
    places = {path.parent for path in done.files}
    assert len({place.name.casefold() for place in places}) == len(names)
    assert {place.parent for place in places} == {tmp_path / "out"}
    assert all(path.is_file() for path in done.files)
    assert all(place.name.isprintable() and len(place.name) < 100 for place in places)


@pytest.mark.parametrize("to", ["gradescope", "prairielearn", "github"])
def test_a_class_does_not_fit_into_one_file(results, export, to):
    with pytest.raises(UsageError, match=r"6 students.*Pass a folder"):
        export(results, to, "one.json")
