"""Known mistakes: edits of the solution are applied, and each fault is reported with the name of the mistake."""

import pytest

from grader.core.text import Text
from grader.course.mistakes import read_mistakes
from tests.tools import COURSE, SOLUTION

HINTS = 'en = "why?"\nzh = "为什么？"\n'
EDIT = 'old = ".mean()"\nnew = ".sum()"\n'


@pytest.fixture
def read(tmp_path):
    def read(text, solution=SOLUTION):
        (tmp_path / "m.toml").write_text(text, "utf-8")
        return read_mistakes(tmp_path / "m.toml", solution, ("en", "zh"))

    return read


def single_error(result):
    mistakes, (error,) = result
    assert not mistakes
    assert error.cure
    return error


def test_an_edit_changes_the_solution_in_one_place(read):
    (mistake,), errors = read(f"[mean_square.sum]\n{HINTS}{EDIT}")
    assert not errors
    assert mistake.id == "mean_square__sum"
    assert mistake.source == SOLUTION.replace(".mean()", ".sum()")
    assert mistake.hint == Text(en="why?", zh="为什么？")


def test_several_edits_are_applied_in_order(read):
    edits = 'edits = [[".mean()", ".sum()"], [".sum()", ".sum() / 2"]]\n'
    (mistake,), errors = read(f"[mean_square.half]\n{HINTS}{edits}")
    assert not errors
    assert mistake.source == SOLUTION.replace(".mean()", ".sum() / 2")


def test_a_whole_function_is_defined_after_the_solution(read):
    (mistake,), errors = read(f"[mean_square.none]\n{HINTS}code = '''def mean_square(x): return None'''\n")
    assert not errors
    assert mistake.source.startswith(SOLUTION)
    assert mistake.source.rstrip().endswith("def mean_square(x): return None")


def test_a_mistake_may_have_a_belief_and_a_reason_for_passing_public_checks(read):
    more = 'belief = "adds up"\npasses_public = "needs a long run"\n'
    (mistake,), errors = read(f"[mean_square.sum]\n{HINTS}{EDIT}{more}")
    assert not errors
    assert (mistake.belief, mistake.passes_public) == ("adds up", "needs a long run")


def test_a_mistake_of_which_the_code_is_a_students_is_marked(read):
    plain, adopted = (f"[mean_square.{name}]\n{HINTS}{EDIT}" for name in ("sum", "adopted_1"))
    mistakes, errors = read(f'{plain}{adopted}origin = "adopted"\n')
    assert not errors
    assert [mistake.adopted for mistake in mistakes] == [False, True]
    assert "unknown origin 'found'" in single_error(read(f'{adopted}origin = "found"\n')).found


def test_an_edit_cannot_change_another_function(read):
    assert (
        "'steps -= 1' occurs 0 times in mean_square"
        in single_error(read(f'[mean_square.x]\n{HINTS}old = "steps -= 1"\nnew = ""\n')).found
    )


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        (f'{HINTS}old = "nowhere"\nnew = ""\n', "'nowhere' occurs 0 times"),
        (f'{HINTS}old = "x"\nnew = "y"\n', "'x' occurs 5 times"),
        (f"{HINTS}{EDIT}color = 1\n", "unknown key color"),
        (f'{HINTS}{EDIT}de = "warum?"\n', "a hint in de, but exercise() has no title in de"),
        (f"{HINTS}", "neither an edit nor code"),
        (f"{HINTS}edits = 3\n", "edits is not a list of pairs"),
        (f"{HINTS}edits = [1]\n", "edits is not a list of pairs"),
        (f'{HINTS}edits = ["ab"]\n', "edits is not a list of pairs"),
        (f'{HINTS}old = "x"\n', "neither an edit nor code"),
        (f'en = "why?"\n{EDIT}', "no hint 'zh'"),
        (f'zh = "为什么？"\n{EDIT}', "no hint 'en'"),
        (f'en = " "\nzh = "为什么？"\n{EDIT}', "no hint 'en'"),
        (f'{HINTS}old = ".mean()"\nnew = ".mean("\n', "the solution with this mistake has a syntax error"),
        (f"{HINTS}code = 'def f(:'\n", "the solution with this mistake has a syntax error"),
        (f'{HINTS}{EDIT}outcome = "raised"\n', "unknown outcome 'raised'"),
        (f'{HINTS}edits = [[".mean()"]]\n', ""),
        (f'{HINTS}{EDIT}passes_public = "it is hard"\n', "unknown reason 'it is hard'"),
        (f"{HINTS}{EDIT}belief = 3\n", "belief is not a text"),
    ],
)
def test_a_wrong_mistake_is_reported_by_its_name(read, entry, fault):
    error = single_error(read(f"[mean_square.odd]\n{entry}"))
    assert fault in error.found
    assert error.place.endswith("m.toml [mean_square.odd]")


def test_a_mistake_of_an_unknown_function_is_reported(read):
    assert single_error(read(f"[mean.odd]\n{HINTS}{EDIT}")).found == "the solution has no function mean"


@pytest.mark.parametrize("text", ["mean_square = 3\n", "[mean_square]\nsum = 3\n"])
def test_an_entry_that_is_not_a_table_is_reported(read, text):
    assert "m.toml" in single_error(read(text)).place


def test_broken_toml_is_reported(read):
    assert "cannot be read" in single_error(read("[mean_square.sum\n")).found


def test_a_wrong_mistake_does_not_hide_the_right_ones_or_another_fault(read):
    mistakes, errors = read(f"[mean_square.a]\n{HINTS}{EDIT}\n[mean_square.b]\n{HINTS}\n[mean_square.c]\n{EDIT}")
    assert [mistake.name for mistake in mistakes] == ["a"]
    assert len(errors) == 2


def test_no_file_means_no_mistakes(tmp_path):
    assert read_mistakes(tmp_path / "m.toml", SOLUTION, ("en",)) == ([], [])


def test_the_miniature_course_declares_a_mistake_that_never_returns():
    mistakes, errors = read_mistakes(COURSE / "solutions/mistakes/ex1_small.toml", SOLUTION, ("en", "zh"))
    assert not errors
    assert [mistake.id for mistake in mistakes if mistake.fatal_outcome] == ["descend__endless"]
