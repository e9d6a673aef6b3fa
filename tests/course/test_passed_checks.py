"""The file of what mistakes do without a run: what it holds, when it is ignored, and what a course without it does."""

import pytest

from grader.authoring.passed_checks_recording import find_order_dependent, make_passed_checks
from grader.core.errors import AuthoringErrors
from grader.core.outcomes import Raised
from grader.course.library import open_library
from grader.course.passed_checks import passed_checks_file
from grader.experiments.declaration import PUBLIC_SEED
from grader.grading.verdicts.references import References
from tests.tools import edit

EXERCISE = "ex1_small"

REMEMBERS = """
[descend.remembers]
en = "What does your list hold when the function is called again?"
zh = "再次调用函数时，你的列表里有什么？"
old = "steps -= 1\\n    return y"
new = "steps -= 1\\n    descend.calls = getattr(descend, 'calls', 0) + 1\\n    return y + descend.calls"
"""
"""A mistake that fails all checks, and whose answer depends on how often the function was called before."""

RAISES = """
[descend.raises]
en = "Has a tensor a method of this name?"
zh = "张量有这个名字的方法吗？"
old = "y = x.detach().clone()"
new = "y = x.no_such_method()"
"""


def add_mistakes(course, *declarations):
    with (course / "solutions" / "mistakes" / f"{EXERCISE}.toml").open("a", encoding="utf-8") as file:
        file.write("".join(declarations))


def write_file(course, pool):
    """Write the file as `grader sync` does; return the verdicts that it records."""
    library = open_library(course)
    files = library.exercise_files[EXERCISE]
    references = References(library, pool, PUBLIC_SEED)
    by_function = [references.mistakes.verdicts(function) for function in files.exercise.points]
    known = {mistake: of for verdicts in by_function for mistake, of in verdicts.items()}
    dependent = find_order_dependent(library, pool, files.mistakes, known)
    passed_checks_file(course, EXERCISE).write_bytes(
        make_passed_checks(library.sources(EXERCISE), by_function, dependent)
    )
    return known


def behaviors(course):
    return open_library(course).exercise_files[EXERCISE].behaviors


def test_the_file_holds_what_each_mistake_passes_and_where_it_raises(course, pool):
    add_mistakes(course, RAISES)
    known = write_file(course, pool)
    found = behaviors(course)
    assert found.keys() == known.keys() - {"descend__endless"}  # it neither returns nor raises
    for mistake, verdicts in ((m, known[m]) for m in found):
        assert found[mistake].passes == {v.check.name for v in verdicts.values() if v.passed}
        assert found[mistake].raises == {v.check.name for v in verdicts.values() if isinstance(v.outcome, Raised)}
    assert found["descend__raises"].raises and not found["descend__uphill"].raises


def test_a_mistake_that_remembers_earlier_calls_is_found(course, pool):
    add_mistakes(course, REMEMBERS)
    write_file(course, pool)
    assert [m for m, behavior in behaviors(course).items() if behavior.order_dependent] == ["descend__remembers"]


def test_a_stale_damaged_or_missing_file_is_ignored(course, pool):
    file = passed_checks_file(course, EXERCISE)
    assert behaviors(course)
    solution = course / "solutions" / f"{EXERCISE}.py"
    solution.write_text(solution.read_text("utf-8") + "\n# changed\n", "utf-8")
    assert not behaviors(course)
    write_file(course, pool)
    assert behaviors(course)
    edit(file, '"order_dependent"', '"unknown"')  # a file of an earlier version says nothing of order
    assert not behaviors(course)
    file.write_bytes(b"{}")
    assert not behaviors(course)
    file.unlink()
    assert not behaviors(course)


def test_a_new_mistake_with_a_syntax_error_is_reported(course):
    mistakes = course / "solutions" / "mistakes" / f"{EXERCISE}.toml"
    edit(mistakes, 'rate * 2 * y"\nnew = "', 'rate * 2 * y"\nnew = ")')
    with pytest.raises(AuthoringErrors, match="syntax error"):
        open_library(course)
