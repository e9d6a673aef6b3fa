"""Declarations are read without running a file; all faults are reported together, each with file, fault and cure."""

import sys

import pytest

from grader.core.errors import AuthoringErrors, UsageError
from grader.core.text import Text
from grader.course.discovery import find_course, is_experiment_file, read_course
from tests.tools import COURSE, edit

PUBLIC, HIDDEN = "exercises/test_ex1_small.py", "tests/hidden/test_ex1_small.py"
CHECK = '\n\n@experiment({options})\ndef extra({parameters}):\n    """{claim}"""\n    return {{}}\n'


def faults(root):
    with pytest.raises(AuthoringErrors) as caught:
        read_course(root)
    for error in caught.value.errors:
        assert error.place and error.found and error.cure
        assert f"{error.place}: {error.found}\n    What to do: {error.cure}" in str(caught.value)
    return caught.value.errors


def add(root, options='zh="甲"', parameters="descend, given", claim="A claim.", file=PUBLIC):
    with (root / file).open("a", encoding="utf-8") as public:
        public.write(CHECK.format(options=options, parameters=parameters, claim=claim))


def test_the_declarations_of_the_miniature_course_are_read():
    course = read_course(COURSE)
    (exercise,) = course.exercises
    assert (exercise.name, exercise.title) == ("ex1_small", Text(en="Small things", zh="小练习"))
    assert exercise.languages == course.languages == ("en", "zh")
    assert course.select([]) == ["mean_square", "descend"]
    assert course.select(["descend"]) == ["descend"]
    assert course.select(["ex1_small"]) == ["mean_square", "descend"]
    assert [(check.id, check.hidden) for check in exercise.checks_of("mean_square")] == [
        ("mean_square::value_and_gradient", False),
        ("mean_square::empty_raises", True),
    ]
    assert course.check("descend::comes_close").tolerance.at_most == {"distance": 0.01}
    assert course.check("descend::one_step").claim.in_("zh").startswith("每一步")


def test_points_of_a_function_are_shared_by_weight_over_public_and_hidden_checks():
    shares = read_course(COURSE).exercises[0].shares
    assert [float(shares[f"mean_square::{name}"]) for name in ("value_and_gradient", "empty_raises")] == [1.0, 2.0]


def test_without_hidden_files_only_public_checks_are_read():
    assert [check.hidden for check in read_course(COURSE, hidden=False).exercises[0].checks] == [False, False]


@pytest.mark.parametrize(
    ("planted", "found"),
    [
        ({"claim": ""}, "no claim"),
        ({"options": ""}, "no claim in zh"),
        ({"options": 'zh=""'}, "no claim in zh"),
        ({"options": "zh=7"}, "no claim in zh"),
        ({"options": 'zh="甲", de="A"'}, "a claim in de, but exercise() has no title in de"),
        ({"options": 'zh="甲", en="A claim."'}, "a second claim in en"),
        ({"options": 'zh="甲" + "乙"'}, "zh is not a literal"),
        ({"options": 'zh="甲", rtol=tight()'}, "rtol is not a literal"),
        ({"options": 'zh="甲", rtol=-1e-6'}, "rtol or atol is negative or infinite"),
        ({"options": 'zh="甲", atol=1e999'}, "rtol or atol is negative or infinite"),
        ({"options": 'zh="甲", color=1'}, "unknown option color"),
        ({"options": 'zh="甲", weight=0'}, "weight is 0"),
        ({"options": 'zh="甲", weight=1.5'}, "weight is 1.5"),
        ({"options": 'zh="甲", weight=True'}, "weight is True"),
        ({"parameters": "descend"}, "its parameters are (descend)"),
        ({"parameters": "descend, kit"}, "its parameters are (descend, kit)"),
        ({"parameters": "ascend, given"}, "its function ascend has no points"),
    ],
)
def test_a_wrong_experiment_is_reported_with_its_line(course, planted, found):
    line = len((course / PUBLIC).read_text("utf-8").splitlines()) + 4
    add(course, **planted)
    errors = faults(course)
    assert any(found in error.found for error in errors)
    assert all(f"{PUBLIC}:{line} extra" in error.place for error in errors)


def test_all_faults_are_reported_together(course):
    add(course, options='zh="甲", color=1, weight=0', parameters="ascend, given", claim="")
    edit(course / HIDDEN, "weight=2", "weight=-2")
    edit(course / PUBLIC, '"descend": 2', '"descend": 2, "lonely": 1')
    found = "\n".join(error.found for error in faults(course))
    for fault in ("no points", "no claim", "unknown option", "weight is 0", "weight is -2", "lonely has points"):
        assert fault in found


def test_a_function_with_points_needs_an_experiment(course):
    edit(course / PUBLIC, '"descend": 2', '"descend": 2, "lonely": 1')
    (error,) = faults(course)
    assert error.found == "lonely has points but no experiment"


def test_an_experiment_with_a_fault_is_reported_alone(course):
    edit(course / PUBLIC, '@experiment(zh="结果是平方的平均值，梯度为 2x/n。")', "@experiment()")
    (course / HIDDEN).unlink()
    (error,) = faults(course)
    assert error.found == "the experiment has no claim in zh"


def test_a_function_in_two_exercises_is_reported(course):
    second = (course / PUBLIC).read_text("utf-8")
    (course / "exercises/test_ex2_again.py").write_text(second, "utf-8")
    errors = faults(course)
    assert [e.found for e in errors] == ["mean_square is also in ex1_small", "descend is also in ex1_small"]
    assert all(e.place.endswith("test_ex2_again.py") for e in errors)


@pytest.mark.parametrize("file", [PUBLIC, HIDDEN])
def test_a_check_that_is_declared_twice_is_reported_even_in_the_hidden_file(course, file):
    add(course)
    edit(course / PUBLIC, "def extra(", "def comes_close(")
    (error,) = faults(course)
    assert error.found == "descend::comes_close is declared twice"


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ('zh="小练习", ', "", "exercise() has no title in zh"),
        ('zh="小练习", ', 'zh="", ', "exercise() is incomplete"),
        ('zh="小练习", ', "zh=3, ", "exercise() is incomplete"),
        ('zh="小练习", ', 'zh_CN="小练习", ', "exercise() is incomplete"),
        ('zh="小练习", ', 'old="小练习", ', "exercise() is incomplete"),
        ('en="Small things", ', "", "exercise() is incomplete: no title in English"),
        ('points={"mean_square": 3, "descend": 2}', "points={}", "exercise() is incomplete"),
        ('en="Small things"', 'en=title("small")', "en is not a literal"),
        ("exercise(en=", "other(en=", "the file declares no exercise"),
        ("def one_step(", "def one step(", "syntax error: expected '('"),
    ],
)
def test_a_wrong_exercise_call_is_reported(course, old, new, found):
    edit(course / PUBLIC, old, new)
    errors = faults(course)
    assert any(found in error.found for error in errors)
    assert all("test_ex1_small.py" in error.place for error in errors)


@pytest.mark.parametrize("points", ['{"mean_square": "three", "descend": 2}', '["mean_square", "descend"]', "{7: 1}"])
def test_points_that_are_not_integers_by_function_are_reported(course, points):
    edit(course / PUBLIC, '{"mean_square": 3, "descend": 2}', points)
    assert any("test_ex1_small.py" in error.place for error in faults(course))


@pytest.mark.parametrize("option", ['rtol="tight"', "at_most=3", "at_most=['distance']", 'weight={[]: "unhashable"}'])
def test_an_option_of_the_wrong_kind_is_reported(course, option):
    add(course, options=f'zh="甲", {option}')
    assert any("extra" in error.place for error in faults(course))


def test_a_syntax_error_in_a_hidden_file_is_reported_with_its_line(course):
    (course / HIDDEN).write_text("x = 1\ndef f(:\n", "utf-8")
    (error,) = faults(course)
    assert error.place.endswith(f"{HIDDEN}:2")


def test_reading_declarations_runs_nothing(course):
    with (course / PUBLIC).open("a", encoding="utf-8") as public:
        public.write('\nimport sys\nsys.modules["the_file_was_run"] = sys\n')
    read_course(course)
    assert "the_file_was_run" not in sys.modules


def test_exercises_come_in_natural_order(course):
    text = (course / PUBLIC).read_text("utf-8")
    for name in ("ex10_ten", "ex2_two"):
        other = text.replace("mean_square", f"mean_{name}").replace("descend", f"descend_{name}")
        (course / f"exercises/test_{name}.py").write_text(other, "utf-8")
    assert [e.name for e in read_course(course).exercises] == ["ex1_small", "ex2_two", "ex10_ten"]


def test_a_course_is_found_from_any_folder_inside_it(course):
    assert find_course(course / "tests" / "hidden") == course


def test_no_course_is_a_usage_error_that_names_the_cure(tmp_path):
    with pytest.raises(UsageError, match="--course"):
        find_course(tmp_path)


def test_a_file_of_experiments_is_distinguished_from_a_file_of_tests(tmp_path):
    plain = tmp_path / "test_plain.py"
    plain.write_text("def test_it(): pass\n", "utf-8")
    assert not is_experiment_file(plain)
    assert is_experiment_file(COURSE / PUBLIC)
