"""`grader grade` on a small class, as an instructor runs it; `pytest tests/hidden` gives the same verdicts."""

import csv
import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from grader.grading.results.result_files import read_final_results
from grader.rendering.display_width import cells
from grader.submissions.students.look_alikes import id_hash
from tests.tools import (
    COURSE,
    SOLUTION,
    STUB,
    WRONG_SUM,
    copy_course,
    grader_command,
    grader_in_process,
    pytest_command,
    unwrapped,
    write_files,
)

pytestmark = pytest.mark.long

GRADED = {
    "ada": {"ex1_small.py": SOLUTION},
    "bob": {"ex1_small.py": WRONG_SUM.replace("y - rate", "y + rate")},
    "王小明": {"ex1_small.py": SOLUTION.replace("steps -= 1", "pass")},
    "=cmd|' C calc'!A0": {"ex1_small.py": STUB.read_text("utf-8")},
    'O\'Neill "x"': {"work/final.py": SOLUTION.replace("def descend", "def ascend")},
    "broken": {"ex1_small.py": "x = 1\ndef mean_square(:\n"},
    "hostile": {"ex1_small.py": "import os\nprint('x' * 10**6)\n" + SOLUTION.replace("return y\n", "os._exit(0)\n")},
}
NEEDS_REVIEW = {
    "utf16": {"ex1_small.py": SOLUTION.encode("utf-16") + b"\n"},
    "twice": {"a.py": SOLUTION, "b.py": SOLUTION},
}
OPTIONS = ["--course", COURSE, "--sandbox", "none", "--time-limit", "1", "--jobs", "1"]


def results(out):
    return [json.loads(line) for line in (out / "results.jsonl").read_text("utf-8").splitlines()]


def without_seconds(out):
    return [{key: value for key, value in line.items() if key != "seconds"} for line in results(out)]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("class")
    for folder, students in {"graded": GRADED, "all": GRADED | NEEDS_REVIEW}.items():
        for student, files in students.items():
            write_files(place / folder / student, files)
    (place / "all" / "nothing").mkdir()
    return place


@pytest.fixture(scope="module")
def ran(place):
    """The finished commands by name, run two at a time."""
    hidden = [copy_course(place / "course") / "tests/hidden", "--submission", place / "graded/bob", "--seed", "7", "-v"]
    commands = {
        "graded": lambda: grader_command("grade", "graded", "--out", "one", *OPTIONS, "--seed", "7", cwd=place),
        "again": lambda: grader_command("grade", "graded", "--out", "two", *OPTIONS, "--seed", "7", cwd=place),
        "all": lambda: grader_command(
            "grade", "all", "--out", "three", *OPTIONS, "--only", "descend", "--lang", "zh", cwd=place
        ),
        "hidden": lambda: pytest_command(*hidden, "--sandbox", "none", cwd=place),
    }
    with ThreadPoolExecutor(2) as threads:
        started = {name: threads.submit(run) for name, run in commands.items()}
        return {name: future.result() for name, future in started.items()}


def test_a_completely_graded_class_exits_with_0_also_with_low_scores(ran):
    assert ran["graded"].returncode == 0, ran["graded"].stdout
    assert "Traceback" not in ran["graded"].stdout


def test_a_class_that_needs_review_exits_with_1_and_names_the_students(ran, place):
    assert ran["all"].returncode == 1, ran["all"].stdout
    with (place / "three/grades.csv").open(encoding="utf-8") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert {name for name, row in rows.items() if row["status"] == "needs review"} == {"utf16", "twice"}
    assert {name for name, row in rows.items() if row["status"] == "missing"} == {"nothing"}
    assert {name for name, row in rows.items() if row["score"] == row["descend"] == ""} == {"utf16", "twice", "nothing"}
    reasons = {result.student: result.review_reason for result in read_final_results(place / "three")}
    assert "第 39 行无法解码" in reasons["utf16"] and "a.py, b.py" in reasons["twice"]
    assert "twice" in ran["all"].stdout


def test_every_student_has_a_line_for_every_function_in_order(ran, place):
    order = [(line["student"], line["function"]) for line in results(place / "one")]
    assert order == [(student, function) for student in sorted(GRADED) for function in ("mean_square", "descend")]


def test_every_student_has_the_expected_outcomes(ran, place):
    found = {(line["student"], line["function"]): (line["outcome"], line["score"]) for line in results(place / "one")}
    assert found == {
        ("ada", "mean_square"): ("passed", 3.0),
        ("ada", "descend"): ("passed", 2.0),
        ("bob", "mean_square"): ("failed", 2.0),
        ("bob", "descend"): ("failed", 0.0),
        ("王小明", "mean_square"): ("passed", 3.0),
        ("王小明", "descend"): ("timed_out", 0.0),
        ("=cmd|' C calc'!A0", "mean_square"): ("not_attempted", 0.0),
        ("=cmd|' C calc'!A0", "descend"): ("not_attempted", 0.0),
        ('O\'Neill "x"', "mean_square"): ("passed", 3.0),
        ('O\'Neill "x"', "descend"): ("missing", 0.0),
        ("broken", "mean_square"): ("raised", 0.0),
        ("broken", "descend"): ("raised", 0.0),
        ("hostile", "mean_square"): ("passed", 3.0),
        ("hostile", "descend"): ("crashed", 0.0),
    }


def test_grades_csv_has_a_row_for_each_student_and_nothing_a_spreadsheet_runs(ran, place):
    text = (place / "one/grades.csv").read_text("utf-8")
    lines = text.splitlines()
    # The id that begins with "=" does not survive a spreadsheet, so each row has the hash of its id.
    assert lines[0] == "student,name,email,score,max_score,status,mean_square,descend,id_hash"
    assert f"ada,,,5.00,5.00,graded,3.00,2.00,{id_hash('ada')}" in lines
    assert f"王小明,,,3.00,5.00,graded,3.00,0.00,{id_hash('王小明')}" in lines
    assert len(lines) == 1 + len(GRADED)
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in csv.reader(lines) for cell in row)


def test_the_same_seed_gives_the_same_results_apart_from_seconds(ran, place):
    assert without_seconds(place / "one") == without_seconds(place / "two")
    assert (place / "one/grades.csv").read_bytes() == (place / "two/grades.csv").read_bytes()


def test_only_and_lang_select_and_translate(ran, place):
    lines = results(place / "three")
    assert {line["function"] for line in lines} == {"descend"}
    assert {line["student"] for line in lines} == {*GRADED, *NEEDS_REVIEW, "nothing"}
    assert all(line["checks"][0]["claim"] == "每一步都沿着负梯度走 rate 倍。" for line in lines)
    (bob,) = [line for line in lines if line["student"] == "bob"]
    assert "梯度指向上坡；你在往哪边走？" in bob["checks"][0]["message"]


def test_the_summary_in_chinese_has_aligned_columns(ran):
    shown = ran["all"].stdout
    for words in ("沙箱：none", "警告：", "需要复核", "最常见的误解", "学生：10 名，函数：1 个，用时 "):
        assert words in shown
    for words in ("warning", "Needs review", "students", "not started", "blocked"):
        assert words not in shown
    heading, row = shown[shown.index("函数 ") :].splitlines()[:2]
    assert heading.split() == ["函数", "通过", "部分正确", "未通过", "提前终止", "未开始", "未评分", "平均"]
    assert "未计入平均：未评分的学生 2 人，未提交 1 人" in shown
    ends = [[cells(line[: word.end()]) for word in re.finditer(r"\S+", line)] for line in (heading, row)]
    assert ends[0][1:] == ends[1][1:]


def test_run_json_says_how_to_repeat_the_run(ran, place):
    run = json.loads((place / "one/run.json").read_text("utf-8"))
    assert (run["seed"], run["sandbox"], run["students"]) == (7, "none", len(GRADED))
    assert run["functions"] == ["mean_square", "descend"]
    assert sum(run["outcomes"].values()) == 2 * len(GRADED)
    assert set(run["versions"]) >= {"python", "autograded", "torch", "numpy"}
    assert run["reproduce"].startswith("grader grade graded") and run["reproduce"].endswith("--seed 7")
    drawn = json.loads((place / "three/run.json").read_text("utf-8"))
    assert isinstance(drawn["seed"], int)
    assert drawn["reproduce"].endswith(f"--seed {drawn['seed']}")


def test_pytest_on_the_hidden_tests_agrees_with_grading_check_by_check(ran, place):
    shown = dict(re.findall(r"test_ex1_small\.py::(\w+::\w+) (\w+)", ran["hidden"].stdout))
    graded = {
        f"{line['function']}::{check['name']}": "PASSED" if check["passed"] else "FAILED"
        for line in results(place / "one")
        if line["student"] == "bob"
        for check in line["checks"]
    }
    assert len(graded) == 4
    assert shown == graded
    for line in results(place / "one"):
        for check in line["checks"] if line["student"] == "bob" else []:
            lines = [line.partition(": ")[2] or line for line in check["message"].splitlines()]
            assert all(line in unwrapped(ran["hidden"].stdout) for line in lines)
    assert ran["hidden"].returncode == 1


USAGE = {
    "no such folder": (["nowhere", "--out", "out"], "nowhere: not a folder or a zip"),
    "no such function": (
        ["graded", "--out", "out", "--only", "nothing"],
        "No such exercise or function: --only nothing",
    ),
    "no such level": (["graded", "--out", "out", "--sandbox", "steel"], "--sandbox steel"),
    "no course": (["graded", "--out", "out", "--course", "graded"], "No course found at or above graded"),
    "no out": (["graded"], "--out"),
    "no such option": (["graded", "--out", "out", "--color", "red"], "--color"),
    "out is a file": (["graded", "--out", "file.txt"], "file.txt"),
}


@pytest.mark.parametrize("name", USAGE)
def test_wrong_usage_exits_with_2_and_one_clear_message(place, name):
    arguments, words = USAGE[name]
    (place / "file.txt").write_text("x")
    chosen = [] if "--course" in arguments else OPTIONS[:2]
    found = grader_in_process("grade", *arguments, *chosen, cwd=place)
    assert found.returncode == 2, found.stdout
    assert words in " ".join(found.stdout.split())
    assert "Traceback" not in found.stdout
    assert not (place / "out").exists()
