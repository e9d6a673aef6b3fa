"""Wrong answers that no known mistake explains are grouped by what they returned, in all that people read."""

import tracemalloc

import pytest

from grader.course.library import open_library
from grader.grading.results.result_files import read_results
from grader.rendering.display_width import cells
from grader.reports.answer_groups import UnexplainedAnswers
from grader.reports.group_report import compare_code, report_unexplained
from grader.reports.group_tables import group_lines
from tests.tools import COURSE, SOLUTION, grader_in_process, unwrapped, write_files

CUBED = SOLUTION.replace("x**2", "x**3")
HELPED = SOLUTION.replace("return (x**2).mean()", "return helper(x)") + "\n\ndef helper(x):\n    return x.men()\n"
CLASS = {
    "ada": SOLUTION,
    "bob": SOLUTION.replace("return (x**2).mean()", "y = x * x * x\n    return y.sum() / x.numel()  # <b>bob</b>"),
    "cy": CUBED,
    "dan": CUBED.replace("(x**3)", "x.pow(3)"),
    "eve": HELPED,
    "finn": f"# finn\n{HELPED}",
    "gil": SOLUTION.replace("rate * 2", "rate * 3"),
    "hal": SOLUTION.replace(".mean()", ".sum()"),
    "ivy": "def mean_square(:\n",
    "joe": SOLUTION.replace("steps -= 1", "pass"),
    "kim": (COURSE / "exercises/ex1_small.py").read_text("utf-8"),
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A folder with the class and its results, and the output of `grader grade`."""
    folder = tmp_path_factory.mktemp("unexplained")
    write_files(folder / "class", {f"{student}/ex1_small.py": answer for student, answer in CLASS.items()})
    options = ("--course", COURSE, "--jobs", "1", "--time-limit", "1", "--seed", "5", "--sandbox", "none")
    done = grader_in_process("grade", "class", "--out", "results", *options, cwd=folder)
    assert "Students: 11" in done.stdout
    return folder, done.stdout


@pytest.fixture(scope="module")
def answers(graded):
    found = UnexplainedAnswers()
    for record in read_results(graded[0] / "results"):
        found.add_answer(record.student, record.function, record.fingerprint)
    return found


def test_only_complete_wrong_answers_that_no_mistake_explains_are_in_a_group(answers):
    groups = {(g.function, tuple(answers.students[n] for n in g.students)) for g in answers.largest(10)}
    assert groups == {
        ("mean_square", ("bob", "cy", "dan")),
        ("mean_square", ("eve", "finn")),
        ("descend", ("gil",)),
    }
    assert answers.count_groups() == 3 and answers.count_groups(["descend"]) == 1


def test_the_largest_groups_come_first_and_a_limit_leaves_out_the_smallest(answers):
    assert [len(group) for group in answers.largest(10)] == [3, 2, 1]
    assert [len(group) for group in answers.largest(2)] == [3, 2]
    assert [group.function for group in answers.largest(2, ["descend"])] == ["descend"]


def test_a_group_is_reported_with_its_first_failed_check_and_its_shortest_code(graded, answers):
    report = report_unexplained(answers, graded[0] / "results", open_library(COURSE), "en")
    first, second, third = report.groups
    assert (first.student, first.check, first.claim[:18]) == ("cy", "value_and_gradient", "The result is the ")
    assert [line.label for line in first.failure.lines] == ["mean", "x.grad"]
    assert first.failure.call[-1] == "result = mean_square(x)"
    assert "AttributeError" in second.first_line and second.student == "eve"
    assert [(line.text.strip()) for line in third.code.answer if line.differs] == ["y = y - rate * 3 * y"]
    assert [(line.text.strip()) for line in third.code.solution if line.differs] == ["y = y - rate * 2 * y"]
    assert SOLUTION.splitlines()[third.code.solution[0].number - 1].startswith("def descend")


def test_the_comparison_leaves_out_docstrings_marks_and_empty_lines():
    answer = 'def f(x):\n    """Mine,\n\n    at length.\n    """\n\n    return x  # my comment\n'
    solution = "def f(x):\n    '''Short.'''\n    ### BEGIN SOLUTION\n    return x + 1\n    ### END SOLUTION\n"
    unified = compare_code(answer, solution, "f").unified
    assert unified == ((" ", "def f(x):"), ("-", "    return x + 1"), ("+", "    return x  # my comment"))
    assert compare_code("def g(): pass\n", solution, "f").answer == ()


def test_the_summary_and_the_class_page_list_the_groups(graded):
    folder, output = graded
    shown = unwrapped(output)
    assert shown.index("3 mean_square value_and_gradient") < shown.index("2 mean_square value_and_gradient")
    page = (folder / "results/index.html").read_text("utf-8")
    section = page[page.index('<section id="unexplained">') : page.index('<section id="everybody">')]
    assert section.count('<div class="mistake">') == 3
    assert (
        "returned" in section
        and "x**3" in section
        and "(x**2).mean()" in section
        and "result = mean_square(x)" in section
    )
    assert '"answers:mean_square:' in page[page.index('type="application/json"') :]


def test_the_code_of_students_has_no_effect_on_the_class_page(tmp_path, graded):
    hostile = CUBED.replace("(x**3).mean()", "(x**3).mean()  # <script>alert(1)</script>\u202e")
    write_files(tmp_path / "class", {"eve/ex1_small.py": hostile})
    options = ("--course", COURSE, "--jobs", "1", "--sandbox", "none", "--no-student-pages")
    assert grader_in_process("grade", "class", "--out", "results", *options, cwd=tmp_path).returncode == 0
    page = (tmp_path / "results/index.html").read_text("utf-8")
    assert "<script>alert(1)" not in page and "\u202e" not in page and "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_command_lists_the_groups_in_lines_of_79_cells(graded, language):
    folder, _ = graded
    done = grader_in_process("unexplained", "results", "--lang", language, cwd=folder)
    assert done.returncode == 0
    assert {"en": "students: 3", "zh": "3 人"}[language] in done.stdout
    assert "bob, cy, dan" in done.stdout and "grader adopt results cy mean_square" in done.stdout
    assert max(map(cells, done.stdout.splitlines())) <= 79
    one = grader_in_process("unexplained", "results", "--only", "descend", "--lang", language, cwd=folder)
    assert "rate * 3" in one.stdout and "mean_square" not in one.stdout


def test_where_everything_is_explained_the_command_says_so(tmp_path):
    write_files(tmp_path / "class", {"hal/ex1_small.py": CLASS["hal"]})
    options = ("--course", COURSE, "--jobs", "1", "--sandbox", "none", "--no-student-pages")
    done = grader_in_process("grade", "class", "--out", "results", *options, cwd=tmp_path)
    assert "no known mistake explains" not in done.stdout
    assert "Unexplained" not in (tmp_path / "results/index.html").read_text("utf-8")
    listed = grader_in_process("unexplained", "results", cwd=tmp_path)
    assert (listed.returncode, listed.stdout) == (0, "Known mistakes explain all wrong answers.\n")


def test_a_forgotten_student_is_in_no_group(tmp_path, graded):
    write_files(tmp_path / "class", {f"{s}/ex1_small.py": CLASS[s] for s in ("bob", "cy", "dan")})
    options = ("--course", COURSE, "--jobs", "1", "--sandbox", "none", "--no-student-pages")
    grader_in_process("grade", "class", "--out", "results", *options, cwd=tmp_path)
    done = grader_in_process("forget", "cy", "--results", "results", "--yes", "--course", COURSE, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    page = (tmp_path / "results/index.html").read_text("utf-8")
    assert page.count('<div class="mistake">') == 1 and "pow(3)" in page
    assert "bob, dan" in grader_in_process("unexplained", "results", cwd=tmp_path).stdout


def test_each_answer_takes_a_few_bytes():
    answers, number = UnexplainedAnswers(), 20_000
    tracemalloc.start()
    for n in range(number):
        answers.add_answer("ada", "f", f"{n:016x}")
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert used / number < 30
    assert answers.count_groups() == number and len(answers.largest(3)) == 3


def test_a_report_without_its_journal_has_no_groups_to_show(tmp_path, answers, library):
    report = report_unexplained(answers, tmp_path, library, "en")
    assert (report.groups, report.total) == ((), 3)


def test_hostile_text_reaches_the_terminal_without_effect(graded, answers, library):
    (report,) = report_unexplained(answers, graded[0] / "results", library, "en", ["descend"]).groups
    assert all("\x1b" not in str(line) for line in group_lines(report, ["\x1b[31m"] * 20, {}, "en"))
