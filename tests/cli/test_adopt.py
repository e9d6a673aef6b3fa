"""`grader adopt` writes a wrong answer as a known mistake, which the next run names for its whole group."""

import json
import sqlite3
import sys
import tomllib
import zlib

import msgspec
import pytest

from grader.course.library import open_library
from grader.grading.results.result_files import read_results
from grader.grading.runs.source_pool import make_source_pool
from grader.grading.verdicts.known_mistakes.outcome_file import FILE as OUTCOMES
from grader.grading.verdicts.known_mistakes.outcome_file import START
from tests.tools import SOLUTION, copy_course, edit, grader_in_process, unwrapped, write_files

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("sandbox")]  # adopted code runs in a sandbox only

HELPER = """

import math

def bobs_helper(z):
    'Bob wrote this.'
    return z.pow(3).mean() * math.pi  # Bob
"""
CUBED = SOLUTION.replace("x**2", "x**3")
HELPED = SOLUTION.replace("(x**2).mean()", "bobs_helper(x)") + HELPER
THRICE = SOLUTION.replace("rate * 2", "rate * 3")
CLASS = {
    "ada": SOLUTION,
    "bob": HELPED,
    "cy": HELPED.replace("z.pow(3)", "(z * z * z)"),
    "dan": CUBED,
    "eve": CUBED.replace("(x**3).mean()", "x.pow(3).sum() / x.numel()"),
    "finn": CUBED.replace("(x**3)", "(x * x**2)"),
    "gil": THRICE,
    "hal": THRICE.replace("y - rate * 3 * y", "(1 - 3 * rate) * y"),
    "ivy": SOLUTION.replace(".mean()", ".sum()"),
}
HINTS = ("--en", "What do you multiply?", "--zh", "你在乘什么？")
FILE = "solutions/mistakes/ex1_small.toml"


def grade(folder, *more):
    options = ("--course", "course", "--jobs", "1", "--seed", "5", "--time-limit", "1", "--sandbox", "none", *more)
    done = grader_in_process("grade", "class", "--out", "results", *options, cwd=folder)
    assert done.returncode == 0, done.stdout
    return done.stdout


def adopt(folder, student, function, *options, **more):
    return grader_in_process("adopt", "results", student, function, "--jobs", "1", *options, cwd=folder, **more)


def make_class(folder, answers=CLASS):
    copy_course(folder / "course")
    write_files(folder / "class", {f"{student}/ex1_small.py": answer for student, answer in answers.items()})
    grade(folder)
    return folder


@pytest.fixture(scope="module")
def adopted(tmp_path_factory):
    """A class of which three answers were adopted; what the commands printed, and the next run."""
    folder = make_class(tmp_path_factory.mktemp("adopt"))
    wanted = [("dan", "mean_square"), ("bob", "mean_square"), ("gil", "descend")]
    printed = [adopt(folder, student, function, *HINTS, "--yes") for student, function in wanted]
    return folder, printed, grade(folder)


def test_the_next_run_names_the_mistake_for_every_member_of_the_group(adopted):
    folder, printed, output = adopted
    assert [done.returncode for done in printed] == [0, 0, 0], [done.stdout for done in printed]
    named = {(r.student, r.function): r.mistakes for r in read_results(folder / "results") if r.mistakes}
    assert named == {
        **{(student, "mean_square"): ["mean_square__adopted_1"] for student in ("dan", "eve", "finn")},
        **{(student, "mean_square"): ["mean_square__adopted_2"] for student in ("bob", "cy")},
        **{(student, "descend"): ["descend__adopted_1"] for student in ("gil", "hal")},
        ("ivy", "mean_square"): ["mean_square__sum"],
    }
    assert "What do you multiply?" in output
    assert "explain all" in grader_in_process("unexplained", "results", cwd=folder).stdout


def test_only_that_function_was_graded_again_and_only_for_students_who_failed_it(adopted):
    folder, _, _ = adopted
    with sqlite3.connect(folder / "results" / "journal.sqlite") as db:
        last = "run = (SELECT run FROM runs ORDER BY rowid DESC LIMIT 1)"
        rows = set(db.execute(f"SELECT student, function FROM verdicts WHERE {last}"))
    failed = {(student, "mean_square") for student in ("bob", "cy", "dan", "eve", "finn", "ivy")}
    assert rows == failed | {("gil", "descend"), ("hal", "descend")}


def test_the_command_says_which_checks_catch_the_mistake(adopted):
    _, printed, _ = adopted
    cubed, helped, _ = (unwrapped(done.stdout) for done in printed)
    assert "every seed: value_and_gradient, empty_raises" in cubed
    assert "whose hints do not change: 3" in cubed and "whose hints do not change: 4" in helped
    assert "in the next run: 3" in cubed and "in the next run: 2" in helped
    assert "grader sync" in cubed


def test_the_entry_is_an_edit_or_the_whole_code_without_names_and_comments(adopted):
    folder, (_, helped, _), _ = adopted
    text = (folder / "course" / FILE).read_text("utf-8")
    entries = tomllib.loads(text)
    cubed, whole = entries["mean_square"]["adopted_1"], entries["mean_square"]["adopted_2"]
    assert (cubed["old"], cubed["new"], cubed["origin"]) == (
        "return (x**2).mean()",
        "return (x ** 3).mean()",
        "adopted",
    )
    assert whole["code"].startswith("import math\n") and "def bobs_helper(z):" in whole["code"]
    assert "Bob" not in text and "def bobs_helper" in helped.stdout


def test_the_doctor_accepts_it_and_sync_brings_it_to_the_self_check(adopted):
    folder, _, _ = adopted
    done = grader_in_process("doctor", "--course", "course", "--no-mutants", "--jobs", "1", cwd=folder)
    assert done.returncode == 0, done.stdout
    done = grader_in_process("sync", "--course", "course", "--jobs", "1", cwd=folder)
    golden = json.loads((folder / "course/exercises/golden/ex1_small.json").read_text("utf-8"))
    assert done.returncode == 0 and golden["hints"]["mean_square__adopted_2"]["zh"] == "你在乘什么？"
    assert golden["mistakes"]["mean_square__adopted_1"] and "math.pi" not in str(golden)


def test_an_answer_that_is_explained_right_or_missing_is_not_adopted(adopted):
    folder, _, _ = adopted
    before = (folder / "course" / FILE).read_text("utf-8")
    for student, function, said in (
        ("dan", "mean_square", "known mistakes explain this answer already: mean_square__adopted_1"),
        ("ada", "descend", "descend of ada cannot be adopted: this answer is right"),
        ("ivan", "descend", "No such student"),
    ):
        done = adopt(folder, student, function, *HINTS, "--yes")
        assert done.returncode == 2 and said in done.stdout
    assert (folder / "course" / FILE).read_text("utf-8") == before


@pytest.fixture
def one(tmp_path):
    """A function that grades a class of one student, who cubes instead of squaring or gives another answer."""

    def one(answer=CUBED):
        return make_class(tmp_path, {"dan": answer})

    return one


def stored_mistakes(folder):
    """Return the hashes of the sources whose outcomes the results folder holds."""
    content = (folder / "results" / OUTCOMES).read_bytes().removeprefix(START)
    blocks = msgspec.msgpack.decode(content)
    return {source for *_, data in blocks.values() for source in msgspec.msgpack.decode(zlib.decompress(data))}


def test_stored_outcomes_of_an_adopted_mistake_belong_to_its_code_and_not_to_its_name(one):
    folder = one()
    before = stored_mistakes(folder)
    assert adopt(folder, "dan", "mean_square", *HINTS, "--yes").returncode == 0

    def grade_again():
        grade(folder)
        named = [result.mistakes for result in read_results(folder / "results") if result.function == "mean_square"]
        return named, stored_mistakes(folder) - before

    named, stored = grade_again()
    assert named == [["mean_square__adopted_1"]] and len(stored) == 1
    edit(folder / "course" / FILE, "return (x ** 3).mean()", "return (x ** 5).mean()")
    named, more = grade_again()
    assert named == [[]] and len(more) == 2 and more > stored
    edit(folder / "course" / FILE, "return (x ** 5).mean()", "return (x ** 3).mean()")
    assert grade_again() == ([["mean_square__adopted_1"]], more)


def test_nothing_is_written_without_confirmation_or_with_a_hint_missing(one):
    folder = one()
    before = (folder / "course" / FILE).read_text("utf-8")
    declined = adopt(folder, "dan", "mean_square", *HINTS)  # standard input is closed
    assert declined.returncode == 1 and "return (x ** 3).mean()" in declined.stdout
    missing = adopt(folder, "dan", "mean_square", "--en", "Why?", "--yes")
    assert missing.returncode == 2 and "The hint is missing in these languages of the course: zh" in missing.stdout
    taken = adopt(folder, "dan", "mean_square", *HINTS, "--yes", "--name", "sum")
    assert taken.returncode == 2 and "already has a mistake sum" in taken.stdout
    assert (folder / "course" / FILE).read_text("utf-8") == before


def test_without_a_hint_the_editor_opens_with_the_answer_and_the_solution(one, tmp_path):
    folder = one()
    editor = tmp_path / "editor.py"
    editor.write_text(
        "import pathlib, sys\n"
        "file = pathlib.Path(sys.argv[1])\n"
        "text = file.read_text('utf-8')\n"
        "pathlib.Path('seen').write_text(text, 'utf-8')\n"
        "file.write_text(text.replace('zh = \"\"', 'zh = \"几次方？\"'), 'utf-8')\n"
    )
    done = adopt(folder, "dan", "mean_square", "--en", "Which power?", VISUAL=f"{sys.executable} {editor}")
    assert 'zh = "几次方？"' in done.stdout and 'en = "Which power?"' in done.stdout
    seen = (folder / "seen").read_text("utf-8")
    assert "# +     return (x**3).mean()" in seen and "# -     return (x**2).mean()" in seen
    failed = adopt(folder, "dan", "mean_square", VISUAL="no-such-editor")
    assert failed.returncode == 2 and "The editor failed" in failed.stdout


def test_an_answer_that_needs_more_of_its_file_is_refused(one):
    shifted = SOLUTION.replace("(x**2).mean()", "(x**2).mean() + SHIFTS[0]")
    folder = one(f"{shifted}\nSHIFTS = [0.0]\nfor n in range(3):\n    SHIFTS[0] += n\n")
    done = adopt(folder, "dan", "mean_square", *HINTS, "--yes")
    assert done.returncode == 1
    assert "not wrong in the same way as the answer" in done.stdout and "Nothing was written" in done.stdout


def test_an_answer_that_would_change_the_hint_of_another_mistake_is_refused(one):
    folder = one(SOLUTION.replace(".mean()", ".sum()"))
    mistakes = folder / "course" / FILE
    text = mistakes.read_text("utf-8")
    edit(mistakes, 'new = ".sum()"', 'new = ".sum() * 5"')
    grade(folder)
    mistakes.write_text(text, "utf-8")  # the course has the mistake again, but these results are older
    done = adopt(folder, "dan", "mean_square", *HINTS, "--yes")
    assert done.returncode == 1
    assert "mean_square__sum: with seed 0 it gets the hint of mean_square__sum, mean_square__adopted_1" in done.stdout
    assert mistakes.read_text("utf-8") == text


def test_the_code_of_an_adopted_mistake_runs_in_the_sandbox_only(one, tmp_path):
    trace = tmp_path / "trace"
    folder = one()
    write = f"try:\n        open({str(trace)!r}, 'w').close()\n    except OSError:\n        pass"
    code = f"def mean_square(x):\n    {write}\n    return (x ** 3).mean()\n"
    entry = f"\n[mean_square.hostile]\nen = 'Why?'\nzh = '为什么？'\ncode = '''\n{code}'''\n"
    mistakes = folder / "course" / FILE
    mistakes.write_text(mistakes.read_text("utf-8") + entry + 'origin = "adopted"\n', "utf-8")
    library = open_library(folder / "course")
    with make_source_pool(library, 1) as pool:
        assert pool.level.is_strong
    for command in (("doctor", "--no-mutants", "--only", "mean_square"), ("sync",)):
        grader_in_process(*command, "--course", "course", "--jobs", "1", cwd=folder)
        assert not trace.exists()
    edit(mistakes, 'origin = "adopted"\n', "")  # an author's mistake runs without a sandbox
    grader_in_process("sync", "--course", "course", "--jobs", "1", cwd=folder)
    assert trace.exists()
