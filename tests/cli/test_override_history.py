"""The history of overrides: who set what when, what a person edited in the file, and how a change is taken back."""

import json

import pytest

from tests.tools import SOLUTION, WRONG_SUM, copy_course, grader_in_process, unwrapped, write_files

BY = {"AUTOGRADED_USER": "ta-lin"}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A class of two students, graded once; `place` restores its overrides for each test."""
    place = tmp_path_factory.mktemp("history")
    copy_course(place / "course")
    write_files(place / "class", {"s1001-ada/ex1_small.py": SOLUTION, "s1002-bob/ex1_small.py": WRONG_SUM})
    write_files(place, {"roster.csv": "student,name\ns1001-ada,Ada Love\ns1002-bob,Bob Kant\n"})
    options = ("--course", "course", "--sandbox", "none", "--jobs", "1", "--seed", "5", "--roster", "roster.csv")
    done = grader_in_process("grade", "class", "--out", "out", *options, cwd=place)
    assert done.returncode == 0, done.stdout
    return place


@pytest.fixture
def place(graded):
    for name in ("overrides.csv", "overrides-history.jsonl"):
        (graded / "out" / name).unlink(missing_ok=True)
    return graded


def override(place, *arguments, **more):
    return grader_in_process("override", *arguments, "--results", "out", cwd=place, **BY, **more)


def changes(place):
    """Return for each line of the history: how, by whom, student, function, old score, new score."""
    found = []
    for line in (place / "out/overrides-history.jsonl").read_text("utf-8").splitlines():
        one = json.loads(line)
        scores = [one[side] and one[side]["score"] for side in ("old", "new")]
        found.append((one["how"], one["user"], one["student"], one["function"], *scores))
    return found


def table(place):
    return (place / "out/overrides.csv").read_text("utf-8-sig")


def test_each_change_notes_the_user_and_both_scores_and_can_be_undone_step_by_step(place):
    assert override(place, "bob kant", "descend", "--score", "1").returncode == 0
    assert override(place, "bob kant", "descend", "--score", "1.5", "--comment", "look", "--by", "Prof").returncode == 0
    write_files(place, {"out/overrides.csv": table(place).replace("1.50", "1,25").replace(",1,25,", ',"1,25",')})
    done = grader_in_process("regrade", "out", "--sandbox", "none", cwd=place)
    assert "overrides edited in the file: 1" in done.stdout, done.stdout
    key = ("s1002-bob", "descend")
    expected = [
        ("command", "ta-lin", *key, None, 1.0),
        ("command", "Prof", *key, 1.0, 1.5),
        ("file", "", *key, 1.5, 1.25),
    ]
    assert changes(place) == expected
    again = grader_in_process("regrade", "out", "--sandbox", "none", cwd=place)
    assert "edited in the file" not in again.stdout and changes(place) == expected
    for score, old, what in (("1.50", 1.25, "an edit of the file, noticed 20"), ("1.00", 1.5, "the change of 20")):
        done = override(place, "bob kant", "descend", "--undo")
        assert f"descend: back to {score}. Undone: {what}" in unwrapped(done.stdout), done.stdout
        assert changes(place)[-1] == ("undo", "ta-lin", *key, old, float(score))
    assert "look" not in table(place), "the comment is taken back with the score that it came with"
    done = override(place, "bob kant", "descend", "--undo", "--apply")
    assert "back to the automatic score" in unwrapped(done.stdout) and "bob" not in table(place)
    done = override(place, "bob kant", "descend", "--undo")
    assert done.returncode == 2 and "has no change of s1002-bob, descend to undo" in unwrapped(done.stdout)
    assert override(place, "bob kant", "descend", "--score", "0.5").returncode == 0
    assert "back to the automatic score" in unwrapped(override(place, "bob kant", "descend", "--undo").stdout)


def test_an_edit_of_the_file_is_noted_before_a_command_writes_it_and_can_be_undone(place):
    write_files(place, {"out/overrides.csv": "student,function,score,comment,by\nAda Love,descend,1,,Lin\n"})
    assert override(place, "s1001-ada", "descend", "--remove").returncode == 0
    key = ("s1001-ada", "descend")
    assert changes(place) == [("file", "", *key, None, 1.0), ("command", "ta-lin", *key, 1.0, None)]
    assert override(place, "s1001-ada", "descend", "--undo").returncode == 0
    row = next(line for line in table(place).splitlines() if "ada" in line)
    assert row == "s1001-ada,descend,1.00,,,", "the automatic score is not noted, as it was not before"
    done = override(place, "s1001-ada", "--undo")
    assert done.returncode == 2 and "The file has changes of: descend" in unwrapped(done.stdout)


def test_a_row_with_an_invalid_score_does_not_count_as_removed(place):
    assert override(place, "s1001-ada", "--score", "4").returncode == 0
    good = table(place)
    write_files(place, {"out/overrides.csv": good.replace("4.00", "4x")})
    grader_in_process("regrade", "out", "--sandbox", "none", cwd=place)
    assert len(changes(place)) == 1
    write_files(place, {"out/overrides.csv": good.splitlines()[0] + "\n"})
    grader_in_process("regrade", "out", "--sandbox", "none", cwd=place)
    assert changes(place)[1:] == [("file", "", "s1001-ada", "", 4.0, None)]


def test_the_history_of_all_or_of_one_student_is_listed_within_80_columns(place):
    override(place, "bob kant", "mean_square", "--score", "2.5", "--comment", "思路对")
    override(place, "Ada Love", "--score", "4")
    done = override(place, "--history", COLUMNS="80")
    assert done.returncode == 0 and all(len(line) <= 80 for line in done.stdout.splitlines())
    words = unwrapped(done.stdout)
    assert "ta-lin Bob Kant mean_square 2.00 (automatic) → (s1002-bob) 2.50; comment:" in words
    assert "changes of overrides: 2" in words
    done = override(place, "ada love", "--history")
    assert "changes of overrides: 1" in done.stdout and "Bob" not in done.stdout
    assert "人工评分的改动：1" in override(place, "ada love", "--history", "--lang", "zh").stdout
    for wrong in (["--undo"], ["ada love", "--undo", "--score", "1"], ["ada love", "--history", "--remove"]):
        assert override(place, *wrong).returncode == 2


def test_a_damaged_line_is_skipped_and_stays_in_the_file(place):
    override(place, "Ada Love", "--score", "4")
    path = place / "out/overrides-history.jsonl"
    path.write_bytes(path.read_bytes() + b'{"schema":1,"time":"20')
    assert override(place, "Ada Love", "--score", "3").returncode == 0
    lines = path.read_bytes().splitlines()
    assert len(lines) == 3 and lines[1] == b'{"schema":1,"time":"20'
    assert "changes of overrides: 2" in override(place, "--history").stdout
    assert "back to 4.00" in unwrapped(override(place, "Ada Love", "--undo").stdout)
