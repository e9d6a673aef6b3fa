"""`grader publish`: later changes of published scores are named by every run and export until they are published."""

import json
from pathlib import Path

import pytest

from tests.tools import SOLUTION, STUB, WRONG_SUM, copy_course, grader_in_process, unwrapped, write_files

pytestmark = pytest.mark.long
ADA, BOB, CY = "s1001-ada", "s1002-bob", "s1003-cy"
BY = {"AUTOGRADED_USER": "ta-lin"}
HALF = "points = { mean_square = 30 }\n"


def run(place, *arguments, **more):
    return grader_in_process(*arguments, cwd=place, **BY, **more)


def grade(place, command="grade"):
    options = ("--sandbox", "none", "--jobs", "1")
    if command == "regrade":
        return run(place, "regrade", "out", *options)
    return run(place, "grade", "class", "--out", "out", "--course", "course", "--roster", "roster.csv", *options)


def export(place):
    return run(place, "export", "out", "--to", "csv", "--into", "into")


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """The finished commands of one class, in order, and the folder afterwards."""
    place = tmp_path_factory.mktemp("publish")
    copy_course(place / "course")
    answers = {ADA: SOLUTION, BOB: WRONG_SUM, CY: STUB.read_text("utf-8")}
    write_files(place, {f"class/{student}/ex1_small.py": text for student, text in answers.items()})
    write_files(place, {"roster.csv": f"student,name\n{ADA},Ada Love\n{BOB},王小明\n{CY},Cy Young\nzoe,Zoe\n"})
    done = {}

    def step(name, finished):
        done[name] = finished
        done[f"{name}: page"] = (place / "out/index.html").read_text("utf-8")

    step("first", grade(place))
    step("not yet", run(place, "publish", "out", "--show"))
    step("publish", run(place, "publish", "out"))
    step("record", run(place, "publish", "out", "--show"))
    step("same", grade(place))
    step("same export", export(place))
    write_files(place, {"course/grader.toml": HALF})
    step("policy", grade(place, "regrade"))
    step("policy export", export(place))
    step("policy show", run(place, "publish", "out", "--show", COLUMNS="80"))
    step("again", run(place, "publish", "out", "--by", "Prof"))
    step("silent", grade(place, "regrade"))
    step("silent export", export(place))
    step("override", run(place, "override", CY, "descend", "--score", "1.5", "--apply", "--results", "out"))
    write_files(place, {f"class/{BOB}/ex1_small.py": SOLUTION})
    step("resubmitted", grade(place))
    done["place"] = place
    return done


CHANGED = "Scores changed since they were published on"


def test_before_a_publication_and_without_a_change_nothing_is_reported(story):
    assert (story["not yet"].returncode, story["record"].returncode) == (1, 0)
    assert (
        "Not published. After you have given the scores to the students, run: grader publish out"
        in story["not yet"].stdout
    )
    for name in ("first", "same", "same export", "silent", "silent export"):
        assert CHANGED not in story[name].stdout, name
    assert 'id="published"></div>' in story["first: page"]


def test_a_publication_says_who_when_and_how_many_and_the_class_page_shows_it(story):
    assert story["publish"].returncode == 0, story["publish"].stdout
    assert "by ta-lin. students: 4; scores: 3" in story["publish"].stdout
    for name in ("publish: page", "same: page"):
        assert '<div id="published"><p>Published on ' in story[name] and "by ta-lin.</p></div>" in story[name], name


def test_a_change_by_the_policy_is_named_by_run_export_page_and_show_until_it_is_published(story):
    lines = ("! Scores changed since", f"Ada Love ({ADA}): 5.00 → 32.00 (mean_square 3.00 → 30.00)")
    for name in ("policy", "policy export"):
        assert all(line in story[name].stdout for line in lines), story[name].stdout
        assert "After you have given the new scores to the students, run: grader publish out\n" in story[name].stdout
    assert f"王小明 ({BOB}): 4.00 → " in story["policy"].stdout
    assert "Ada Love" in story["policy: page"].partition('<div id="published">')[2].partition("</div>")[0]
    shown = story["policy show"]
    assert shown.returncode == 1 and all(len(line) <= 80 for line in shown.stdout.splitlines())
    assert "students whose scores changed since publication: 2" in shown.stdout
    again = story["again"].stdout
    assert f"Ada Love ({ADA})" in unwrapped(again) and "by Prof. students: 4; scores: 3" in again
    assert "Ada Love" not in story["again: page"].partition('<div id="published">')[2].partition("</div>")[0]


def test_an_override_and_a_new_submission_are_named_too(story):
    assert f"Cy Young ({CY}): 0.00 → 1.50 (descend 0.00 → 1.50)" in unwrapped(story["override"].stdout)
    both = unwrapped(story["resubmitted"].stdout)
    assert "(students: 2):" in both and f"王小明 ({BOB}): " in both and f"Cy Young ({CY}): 0.00 → 1.50" in both
    record = json.loads((story["place"] / "out/published.json").read_text("utf-8"))
    assert (record["schema"], record["user"], len(record["earlier"])) == (1, "Prof", 1)
    assert record["students"][CY] == {"total": 0.0, "functions": {"mean_square": 0.0, "descend": 0.0}}


def test_a_publication_again_without_a_change_is_not_recorded_and_one_can_be_withdrawn(story, tmp_path):
    place = story["place"]
    assert run(place, "publish", "out").returncode == 0
    record = (place / "out/published.json").read_bytes()
    done = run(place, "publish", "out")
    assert done.returncode == 0 and "Nothing has changed since then" in done.stdout
    assert (place / "out/published.json").read_bytes() == record
    assert "no longer recorded as published" in run(place, "publish", "out", "--withdraw").stdout
    assert 'id="published"></div>' in (place / "out/index.html").read_text("utf-8")
    assert "Not published." in run(place, "publish", "out", "--withdraw").stdout
    (place / "out/published.json").write_bytes(record)
    assert run(place, "publish", "out", "--show", "--withdraw").returncode == 2


def test_publish_names_students_to_review_and_pending_overrides_but_goes_on(story):
    place = story["place"]
    (place / f"class/{CY}/ex1_small.py").write_bytes(b"\xff\xfe\x00")
    grade(place)
    run(place, "override", ADA, "--score", "3", "--results", "out")
    done = run(place, "publish", "out")
    assert done.returncode == 0, done.stdout
    assert f"! students who need review, published with their current scores (1): Cy Young ({CY})" in done.stdout
    assert "! overrides.csv: Ada Love, total: 3.00 is not in the results yet" in done.stdout
    assert "发布于" in run(place, "publish", "out", "--show", "--lang", "zh").stdout


def test_a_damaged_record_stops_no_run_and_is_named(story):
    place = story["place"]
    record = (place / "out/published.json").read_bytes()
    (place / "out/published.json").write_bytes(record[:40])
    done = grade(place, "regrade")
    assert "published.json: cannot be read" in unwrapped(done.stdout)
    assert "Move this file away" in unwrapped(done.stdout)
    assert run(place, "publish", "out").returncode == 2
    (place / "out/published.json").write_bytes(record)


def holding(folder, *words):
    return [
        path
        for path in Path(folder).rglob("*")
        if path.is_file() and any(word.encode() in path.read_bytes() + path.name.encode() for word in words)
    ]


def test_forget_leaves_no_byte_of_a_student_in_the_record_and_the_history(story):
    place = story["place"]
    run(place, "override", BOB, "--score", "1", "--comment", "Rücksprache", "--apply", "--results", "out")
    names = {path.name for path in holding(place / "out", BOB)}
    assert {"published.json", "overrides-history.jsonl", "overrides.csv"} <= names
    done = run(place, "forget", BOB, "--results", "out", "--course", "course", "--yes")
    assert done.returncode == 0, done.stdout
    assert "published.json: rows removed" in done.stdout and "overrides-history.jsonl: rows removed" in done.stdout
    assert holding(place / "out", BOB, "王小明", "Rücksprache") == []
    assert holding(place / "out", CY)
    assert BOB not in run(place, "publish", "out", "--show").stdout


def test_forget_finds_a_student_whom_only_the_record_still_has(story):
    place = story["place"]
    record = json.loads((place / "out/published.json").read_text("utf-8"))
    record["students"]["s1009-gone"] = {"total": 1.0, "functions": {"descend": 1.0}}
    (place / "out/published.json").write_text(json.dumps(record))
    assert "s1009-gone: 1.00 → not in the results" in unwrapped(export(place).stdout)
    assert run(place, "forget", "s1009-gone", "--results", "out", "--course", "course", "--yes").returncode == 0
    assert holding(place / "out", "s1009-gone") == []
