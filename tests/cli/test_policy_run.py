"""One class is graded with a policy, keeps its overrides in every run, and loses students by `grader forget`."""

import csv
import json
import sqlite3

import pytest

from tests.tools import SOLUTION, WRONG_SUM, copy_course, grader_command, grader_in_process, write_files

ADA, BOB = "s1001-ada", "s1002-bob"
FILES = {
    "submission_1": WRONG_SUM,
    "submission_2": SOLUTION,
    "submission_3": WRONG_SUM.replace("rate * 2", "rate * 3"),
    "submission_4": "def nothing(): pass\n",
}
HANDED_IN = (
    (ADA, "Ada Love", "2026-10-01 10:00"),
    (ADA, "Ada Love", "2026-10-03 01:00"),
    (BOB, "Bob Kant", "2026-10-01 10:00"),
    ("cy", "Cy", "2026-10-01 09:00"),
)
METADATA = "".join(
    f"submission_{number}:\n  :submitters:\n  - :name: {name}\n    :sid: {sid}\n    :email: {sid}@example.edu\n"
    f"  :created_at: {moment}:00 +0800\n"
    for number, (sid, name, moment) in enumerate(HANDED_IN, 1)
)
POLICY = """
time_zone = "Asia/Shanghai"
attempts = "best"
points = { ex1_small = 10 }
deadlines = { course = 2026-10-01 }
late = { percent_per_day = 10, maximum_percent = 50, grace_minutes = 15 }
keep = { names_days = 1 }
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """The course with its policy, and a download of Gradescope with two attempts of one student."""
    place = tmp_path_factory.mktemp("policy")
    copy_course(place / "course")
    write_files(place, {"course/grader.toml": POLICY, "class/submission_metadata.yml": METADATA})
    write_files(place / "class", {f"{folder}/ex1_small.py": answer for folder, answer in FILES.items()})
    return place


def run(place, command, *arguments):
    return grader_in_process(command, *arguments, cwd=place / "course")


def grade(place, *more):
    options = ("--layout", "gradescope", "--sandbox", "none", "--jobs", "1", "--seed", "7")
    return run(place, "grade", "../class", "--out", "../out", *options, *more)


def grades(place):
    with (place / "out" / "grades.csv").open(encoding="utf-8") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def judged_in_all(place):
    with sqlite3.connect(place / "out" / "journal.sqlite") as journal:
        return journal.execute("SELECT count(*), count(DISTINCT run) FROM verdicts").fetchone()


@pytest.fixture(scope="module")
def story(place):
    """The output and grades.csv after each step, in order."""
    said, tables = {}, {}

    def step(name, done):
        said[name], tables[name] = done, grades(place)

    step("first", grade(place))
    tables["verdicts"] = judged_in_all(place)
    write_files(place, {"course/grader.toml": POLICY.replace("percent_per_day = 10", "percent_per_day = 60")})
    step("dearer", grade(place))
    write_files(place, {"course/grader.toml": POLICY})
    hand_made = f"学生;函数;分数;评语\r\n{BOB};descend;1,5;思路对\r\nCy;;6;\r\nnobody;;1;\r\n".encode("gbk")
    write_files(place, {"out/overrides.csv": hand_made})
    step("by hand", grade(place))
    step("again", grade(place))
    tables["bytes"] = (place / "out/overrides.csv").read_bytes() == hand_made
    tables["same verdicts"] = judged_in_all(place) == tables["verdicts"]
    write_files(place, {"class/submission_3/ex1_small.py": WRONG_SUM})
    step("changed", grade(place))
    said["override"] = run(place, "override", BOB, "descend", "--score", "3", "--results", "../out")
    step("decided again", grade(place))
    return said, tables


def test_the_attempt_with_the_best_final_score_counts_in_the_points_of_the_policy(story, place):
    said, tables = story
    assert said["first"].returncode == 0, said["first"].stdout
    ada = tables["first"][ADA]
    assert (ada["score"], ada["max_score"], ada["raw_score"], ada["penalty"]) == ("8.00", "10.00", "10.00", "2.00")
    assert (ada["mean_square"], ada["descend"]) == ("6.00", "4.00")
    assert ada["late"] == "late days: 2, −20 %, was due 2026-10-01 23:59 Asia/Shanghai"
    assert len(tables["first"]) == 3
    assert "late submissions: 1, penalty in total: 2.00 points" in said["first"].stdout
    assert tables["verdicts"] == (8, 1)  # four submissions, two functions: attempts stay apart


def test_another_penalty_grades_nothing_again_and_changes_the_best_attempt(story):
    said, tables = story
    assert "unchanged submissions, reused from the journal: 4" in said["dearer"].stdout
    ada = tables["dearer"][ADA]
    assert (ada["score"], ada["raw_score"], ada["late"]) == ("8.00", "8.00", "")
    assert tables["same verdicts"]


def test_scores_set_by_hand_count_and_survive_every_run(story):
    said, tables = story
    for name in ("by hand", "again"):
        bob, cy = tables[name][BOB], tables[name]["cy"]
        assert (bob["score"], bob["raw_score"], bob["descend"]) == ("5.50", "4.00", "0.00")
        assert (bob["overridden"], bob["comment"], bob["status"]) == ("descend 1.50", "descend: 思路对", "graded")
        assert (cy["score"], cy["overridden"]) == ("6.00", "total 6.00")
        assert "overrides.csv:4: no student 'nobody' in this class" in said[name].stdout
        assert said[name].returncode == 1
    assert tables["bytes"]


def test_an_override_is_flagged_after_the_automatic_score_changed_until_it_is_set_again(story, place):
    said, tables = story
    words = "descend: the automatic score changed after the override: 0.00 then, 4.00 now"
    assert tables["changed"][BOB]["status"] == "needs review"
    assert tables["changed"][BOB]["score"] == "5.50"
    assert words in " ".join(said["changed"].stdout.split())
    assert said["changed"].returncode == 1
    assert said["override"].returncode == 0, said["override"].stdout
    assert tables["decided again"][BOB]["status"] == "graded"
    assert tables["decided again"][BOB]["score"] == "7.00"
    assert "nobody" in said["decided again"].stdout  # rows of other students are unchanged


def test_run_json_holds_the_policy_and_finals_jsonl_the_final_scores(story, place):
    facts = json.loads((place / "out/run.json").read_text("utf-8"))
    assert (facts["policy"]["attempts"], facts["policy"]["points"]) == ("best", {"mean_square": 6.0, "descend": 4.0})
    assert len(facts["policy_hash"]) == 64
    assert facts["people"][ADA]["attempt"] == 2
    assert facts["students"] == 3
    finals = [json.loads(line) for line in (place / "out/finals.jsonl").read_text("utf-8").splitlines()]
    assert {final["student"]: final["score"] for final in finals} == {ADA: 8.0, BOB: 7.0, "cy": 6.0}


def test_pages_show_the_final_score_and_the_reason(story, place):
    pages = [path.read_text("utf-8") for path in (place / "out" / "students").iterdir()]
    (ada,) = [page for page in pages if ADA in page]
    (bob,) = [page for page in pages if BOB in page]
    assert "8 of 10 points" in ada and "late days: 2" in ada
    assert "7 of 10 points" in bob and "思路对" in bob


def holding(folder, *words):
    """Return the files in a folder whose content or name holds one of the words."""
    return [
        path
        for path in folder.rglob("*")
        if path.is_file() and any(word.encode() in path.read_bytes() + path.name.encode() for word in words)
    ]


def test_after_forget_no_file_of_the_results_names_the_student(story, place):
    everything = (BOB, "Bob Kant", "思路对")
    assert len(holding(place / "out", *everything)) >= 7
    outcomes = place / "out" / "mistake-outcomes.bin"
    assert outcomes.exists()  # what mistakes returned, among them perhaps a student's code
    refused = grader_command("forget", BOB, "--results", "../out", cwd=place / "course")
    assert refused.returncode == 1 and holding(place / "out", BOB)  # nobody answered yes to the question
    done = run(place, "forget", BOB, "--results", "../out", "--submissions", "../class", "--yes")
    assert done.returncode == 1, done.stdout
    assert (
        "The name is still in this file: ../class/submission_metadata.yml" in done.stdout
    )  # `forget` does not edit Gradescope's file
    assert "out/" not in done.stdout
    assert holding(place / "out", *everything) == [] and not outcomes.exists()
    assert not (place / "class/submission_3").exists()
    assert "backups" in done.stdout
    assert set(grades(place)) == {ADA, "cy"}
    assert "nobody" in (place / "out/overrides.csv").read_text("utf-8-sig")
    assert "2" in (place / "out/index.html").read_text("utf-8")


def test_students_whose_submission_is_older_than_the_policy_allows_are_forgotten(story, place):
    done = run(place, "forget", "--expired", "--results", "../out", "--yes")
    assert done.returncode == 0, done.stdout
    assert holding(place / "out", ADA, "Ada Love", "cy@example.edu") == []
    assert run(place, "forget", "--expired", "--results", "../out").stdout.startswith(
        "No data is older than the policy allows."
    )


WRONG = {
    "no policy": (("grade", "../class", "--out", "../x", "--policy", "none.toml"), "Policy file not found: none.toml"),
    "nobody of that name": (("forget", "zoe", "--results", "../out"), "No such student in these results: zoe"),
    "nobody named": (("forget", "--results", "../out"), "Name one student, or pass --expired"),
    "no results": (("override", "ada", "--score", "1", "--results", "nowhere"), "No results.jsonl in this folder"),
    "nothing to do": (("override", "ada", "--results", "../out"), "Pass --score, --comment or both"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_usage_exits_with_2_and_one_clear_message(story, place, name):
    arguments, words = WRONG[name]
    done = run(place, *arguments)
    assert (done.returncode, words in " ".join(done.stdout.split())) == (2, True), done.stdout
    assert "Traceback" not in done.stdout


def test_a_policy_is_written_checked_and_described(tmp_path):
    course = copy_course(tmp_path / "course")
    assert "No grader.toml" in grader_in_process("policy", cwd=course).stdout
    assert grader_in_process("policy", "--new", cwd=course).returncode == 0
    described = grader_in_process("policy", cwd=course)
    assert described.returncode == 0 and "grader.toml has no errors" in described.stdout
    again = grader_in_process("policy", "--new", cwd=course)
    assert again.returncode == 2 and "exists already" in again.stdout
    write_files(course, {"grader.toml": 'langauge = "zh"\n\n[late]\nbank_days = -1\n'})
    wrong = grader_in_process("policy", cwd=course)
    assert wrong.returncode == 2
    assert "grader.toml:1: langauge: unknown. Did you mean language?" in wrong.stdout
    assert "grader.toml:4: late.bank_days = -1" in wrong.stdout
