"""The instructor mends a class: `grader grade --fixes` and `grader accept`, and what files and messages say."""

import csv
import json

import pytest

from tests.tools import COURSE, SOLUTION, WRONG_SUM, copy_course, grader_in_process, unwrapped, write_files

pytestmark = pytest.mark.long

CLASS = {
    "ada/ex1_small.py": WRONG_SUM,
    "ada/old.py": WRONG_SUM,
    "bob/ex1_small.py": SOLUTION,
    "cy/a.py": SOLUTION,
    "cy/b.py": WRONG_SUM,
    "dan/ex1_small.py": SOLUTION,
    "dan/copy.py": WRONG_SUM,
}
FIXES = {
    "ada/ex1_small.py": SOLUTION,
    "ada/secrethelper.py": "y = 1\n",
    "ada/DELETE": "# by agreement with the student\nold.py  # an earlier answer\n",
    "bob/ex1_small.py": SOLUTION,
    "eve/ex1_small.py": SOLUTION,
}
ROSTER = "student,name,email\n" + "".join(f"{name},{name.title()},\n" for name in ("ada", "bob", "cy", "dan", "eve"))
OPTIONS = ("--course", "course", "--sandbox", "none", "--jobs", "1", "--seed", "5", "--roster", "roster.csv")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A class graded with fixes; `first` is the output of that run."""
    place = tmp_path_factory.mktemp("mending")
    copy_course(place / "course")
    write_files(place / "class", CLASS)
    write_files(place / "fixes", FIXES)
    write_files(place, {"roster.csv": ROSTER, "first": ""})
    done = grade(place, "--fixes", "fixes")
    write_files(place, {"first": done.stdout})
    assert done.returncode == 1, done.stdout
    return place


def grade(place, *more):
    return grader_in_process("grade", "class", "--out", "out", *OPTIONS, *more, cwd=place)


def regrade(place, *more):
    return grader_in_process("regrade", "out", "--sandbox", "none", "--jobs", "1", *more, cwd=place)


def accept(place, *arguments):
    return grader_in_process("accept", *arguments, "--results", "out", cwd=place)


def grades(place):
    with (place / "out/grades.csv").open(encoding="utf-8") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def finals(place):
    lines = (place / "out/finals.jsonl").read_text("utf-8").splitlines()
    return {line["student"]: line for line in map(json.loads, lines)}


def page(place, name):
    pages = [path.read_text("utf-8") for path in (place / "out/students").glob("*.html")]
    (found,) = [text for text in pages if f"<title>{name} " in text]
    return found


def content(place):
    return {path: path.read_bytes() for path in (place / "out").rglob("*") if path.is_file()}


def test_files_are_replaced_added_and_ignored_and_every_report_says_so(place):
    fix = finals(place)["ada"]["fix"]
    assert (fix["replaced"], fix["added"], fix["left_out"]) == (["ex1_small.py"], ["secrethelper.py"], ["old.py"])
    assert (grades(place)["ada"]["score"], grades(place)["ada"]["status"]) == ("5.00", "graded; fixed")
    assert "old.py" not in (place / "first").read_text("utf-8"), "a file that is left out is no answer among several"
    text = page(place, "Ada")
    assert "Files that your instructor replaced before grading: ex1_small.py" in text
    assert "added before grading: secrethelper.py" in text and "left out of the grading: old.py" in text
    index = (place / "out/index.html").read_text("utf-8")
    assert "graded with a fix (2): Ada (ada), Eve (eve)" in index
    shown = grader_in_process("show", "ada", "--results", "out", cwd=place)
    assert "Files that your instructor replaced before grading: ex1_small.py" in shown.stdout
    rerun = grader_in_process("show", "ada", "--results", "out", "--rerun", "--sandbox", "none", cwd=place)
    assert "Same results" in rerun.stdout and "has changed" not in rerun.stdout


def test_a_fix_equal_to_the_submission_is_not_marked_as_a_fix(place):
    assert (finals(place)["bob"]["fix"], grades(place)["bob"]["status"]) == (None, "graded")


def test_a_fix_of_a_missing_submission_takes_its_place_without_a_time(place):
    assert (grades(place)["eve"]["score"], grades(place)["eve"]["status"]) == ("5.00", "graded; fixed")
    first = unwrapped((place / "first").read_text("utf-8"))
    assert "the fix is the whole submission; it has no time, so it is on time (1): Eve (eve)" in first
    assert "missing submissions (" not in first


def test_of_several_answers_the_graded_file_is_named(place):
    first = unwrapped((place / "first").read_text("utf-8"))
    assert "Dan (dan) (all 2 functions: ex1_small.py counts, not copy.py)" in first
    assert first.count("copy.py") == 1, "said once"
    assert grades(place)["dan"]["score"] == "5.00"


def test_regrade_uses_the_fixes_again_and_grades_nothing(place):
    done = regrade(place)
    assert "unchanged submissions, reused from the journal: 5" in done.stdout, done.stdout
    assert grades(place)["ada"]["status"] == "graded; fixed"


def test_a_run_without_a_fix_of_the_last_run_writes_nothing_and_names_the_student(place):
    before = content(place)
    write_files(place / "other", {"ada/ex1_small.py": SOLUTION})
    for options, named in (((), "ada, eve"), (("--fixes", "other"), "eve")):
        done = grade(place, *options)
        assert f"graded with a fix that is not in this run: {named}." in unwrapped(done.stdout)
        assert done.returncode == 2 and "--replace" in done.stdout
    assert content(place) == before
    assert grade(place, "--replace").returncode == 1
    assert grades(place)["ada"]["score"] == "4.00" and finals(place)["ada"]["fix"] is None
    assert grade(place, "--fixes", "fixes").returncode == 1


def test_similar_compares_what_the_students_submitted(place):
    done = grader_in_process("similar", "class", "--course", "course", "--at-least", "1", cwd=place)
    assert done.returncode == 0, done.stdout
    assert "students: 4" in done.stdout and "eve" not in done.stdout.lower(), "eve has nothing but a fix"
    assert "secrethelper" not in (place / "similar.html").read_text("utf-8")


def test_a_changed_submission_under_an_old_fix_needs_review_until_the_fix_changes(place):
    write_files(place, {"class/ada/ex1_small.py": WRONG_SUM + "# again\n"})
    assert "the submission has changed since its fix was made" in unwrapped(grade(place, "--fixes", "fixes").stdout)
    assert grades(place)["ada"]["status"] == "needs review; fixed"
    write_files(place, {"fixes/ada/DELETE": "old.py\n# checked\n"})
    assert grade(place, "--fixes", "fixes").returncode == 1
    assert grades(place)["ada"]["status"] == "graded; fixed"


def test_a_line_of_delete_that_names_no_file_needs_review(place):
    write_files(place, {"fixes/ada/DELETE": "old.py\n../bob/ex1_small.py\n"})
    done = grade(place, "--fixes", "fixes")
    assert "DELETE lists files that the submission does not have: ../bob/ex1_small.py" in unwrapped(done.stdout)
    write_files(place, {"fixes/ada/DELETE": "old.py\n"})
    grade(place, "--fixes", "fixes")
    assert grades(place)["bob"]["score"] == "5.00"


def test_the_message_about_two_files_is_the_command_that_chooses_one(place):
    done = grade(place, "--fixes", "fixes")
    command = "grader accept --results out cy a.py"
    assert command in unwrapped(done.stdout) and command in (place / "out/index.html").read_text("utf-8")
    assert grades(place)["cy"]["status"] == "needs review"


def test_accept_lists_the_files_to_choose_from(place):
    done = accept(place, "cy", "c.py")
    assert done.returncode == 2
    assert "To choose from: descend: a.py, b.py; mean_square: a.py, b.py" in unwrapped(done.stdout)
    assert "no function is defined in several files" in unwrapped(accept(place, "bob", "ex1_small.py").stdout)
    assert accept(place, "cy", "--remove").returncode == 2
    assert accept(place, "nobody", "a.py").returncode == 2


def test_the_chosen_file_is_graded_until_the_student_resubmits(place):
    done = accept(place, "cy", "b.py", "--apply", "--sandbox", "none", "--jobs", "1")
    assert done.returncode == 0, done.stdout
    assert "b.py counts for descend, mean_square" in done.stdout
    assert (grades(place)["cy"]["score"], grades(place)["cy"]["status"]) == ("4.00", "graded")
    assert "Your instructor decided that b.py is graded." in page(place, "Cy")
    assert accept(place, "cy", "a.py").returncode == 0  # another choice
    regrade(place)
    assert grades(place)["cy"]["score"] == "5.00"
    rerun = grader_in_process("show", "cy", "--results", "out", "--rerun", "--sandbox", "none", cwd=place)
    assert "Same results" in rerun.stdout
    write_files(place, {"class/cy/b.py": WRONG_SUM + "# second\n"})
    assert regrade(place).returncode == 1
    assert grades(place)["cy"]["status"] == "needs review"
    write_files(place, {"class/cy/b.py": WRONG_SUM})
    regrade(place)
    assert grades(place)["cy"]["status"] == "graded"
    assert accept(place, "cy", "--remove").returncode == 0
    regrade(place)
    assert grades(place)["cy"]["status"] == "needs review"


def test_a_choice_may_also_replace_the_file_that_is_named_like_the_stub(place):
    assert accept(place, "dan", "copy.py").returncode == 0
    regrade(place)
    assert grades(place)["dan"]["score"] == "4.00"
    assert accept(place, "dan", "--remove").returncode == 0


def test_forget_leaves_no_byte_of_a_mended_student(place):
    assert accept(place, "cy", "a.py").returncode == 0
    regrade(place)
    for student in ("ada", "cy"):
        done = grader_in_process(
            *("forget", student, "--yes", "--results", "out", "--submissions", "class", "--fixes", "fixes"), cwd=place
        )
        assert done.returncode == 0, done.stdout
    assert not (place / "fixes/ada").exists() and (place / "fixes/eve").exists()
    left = {
        word: [p.name for p, data in content(place).items() if word in data]
        for word in (b"secrethelper", b'"a.py"', b"Cy")
    }
    assert not any(left.values()), left


FAULTS = {
    "adda/ex1_small.py": "adda: no student has the id 'adda'. Similar ids: ada",
    "ex1_small.py": "ex1_small.py: not in the folder of a student.",
    "ada/ex1_small.py.txt": "a fix may contain only .py and .ipynb files",
    "ada/hw.zip": "Unpack an archive",
    "dan/DELETE": "not UTF-8 text",
    "cy/big.py": "larger than 1 MiB",
}


def test_faults_of_the_folder_are_named_all_at_once_before_anything_is_written(place):
    before = content(place)
    faulty = write_files(place / "faulty", dict.fromkeys(FAULTS, "ex1_small.py\n") | {"ada/ex1_small.py": SOLUTION})
    write_files(faulty, {"dan/DELETE": b"\xff\xfe\xff", "cy/big.py": b"#" * (1 << 20) + b"#"})
    (faulty / "bob").mkdir()
    (faulty / "bob/ex1_small.py").symlink_to(place / "class/dan/ex1_small.py")
    (faulty / "eve").symlink_to(place / "class/dan")
    write_files(place / "class", CLASS)
    done = grade(place, "--fixes", "faulty", "--replace")
    assert done.returncode == 2, done.stdout
    said = unwrapped(done.stdout)
    assert [fault for fault in FAULTS.values() if fault not in said] == []
    assert said.count("a symbolic link, which is not followed") == 2
    assert content(place) == before
    assert grade(place, "--fixes", "nowhere").returncode == 2
    write_files(place / "both", {"ada/ex1_small.py": SOLUTION, "ada/DELETE": "ex1_small.py\n"})
    assert "lists ex1_small.py, which the fix also contains" in unwrapped(grade(place, "--fixes", "both").stdout)


HOSTILE = "import os\nopen('escaped', 'w').write('x')\n"


@pytest.mark.usefixtures("sandbox")
def test_a_hostile_fix_runs_in_the_sandbox(place):
    write_files(place / "class", CLASS)
    write_files(place / "hostile", {"bob/ex1_small.py": HOSTILE + SOLUTION})
    done = grader_in_process(
        *("grade", "class", "--out", "safe", "--course", COURSE, "--jobs", "1", "--fixes", "hostile"), cwd=place
    )
    assert done.returncode == 1, done.stdout
    lines = [json.loads(line) for line in (place / "safe/results.jsonl").read_text("utf-8").splitlines()]
    assert {line["outcome"] for line in lines if line["student"] == "bob"} == {"refused"}
    assert not list(place.rglob("escaped"))
