"""The doctor reports each kind of fault at the place where it was planted, and has no finding in a right exercise."""

import pytest

from grader.authoring.doctor import Doctor
from grader.authoring.examination.mutants import mutants_of
from grader.authoring.examination.trivial_answers import TRIVIAL_ANSWERS, trivial_answer
from grader.core.errors import AuthoringErrors
from grader.course.library import open_library
from grader.execution.host.pool import make_pool_without_sandbox
from tests.tools import SOLUTION, edit, write_files

pytestmark = pytest.mark.usefixtures("forked_zygotes")

HEAD = """from grader import Given, exercise, experiment
exercise(en="Planted", zh="种下的", points={"sums": 1, "odd": 1, "raises": 1, "healthy": 1, "weak": 1})
"""
# `@experiment(` is not at the start of a line: pytest's plugin would take this file for a file of experiments.
EXPERIMENT = '''\n@experiment(zh="断言。")
def {name}({function}, given: Given):
    """A claim."""
    {body}
'''
ADD = 'return {"sum": %s(given.tensor("x", 3))}'
PUBLIC = {
    "sums::the_sum_of_sums": ADD % "sums",
    "odd::the_sum_of_odd": 'return {"sum": odd(given.tensor("x", 20))}',
    "odd::idle_check": 'return {"sum": odd(given.tensor("x", 3).abs())}',
    "odd::constant_check": 'return {"sum": odd(given.tensor("x", 2) * 0)}',
    "odd::lazy_check": 'return {"sum": odd(given.tensor("x", low=1.0, high=2.0))}',
    "odd::moody_check": 'return {"sum": odd(given.tensor("x", 1))}',
    "odd::swallowing_check": """try:
        return {"sum": odd(given.tensor("x", 3))}
    except NotImplementedError:
        return {"sum": 0.0}""",
    "raises::the_sum_of_raises": ADD % "raises",
    "healthy::the_sum_of_healthy": ADD % "healthy",
    "weak::the_sum_of_weak": ADD % "weak",
}
FUNCTION = '''

def {name}(x):
    """Return the sum.

    中文 (zh)
    ---------
    返回总和。
    """
    ### BEGIN SOLUTION
    return {body}
    ### END SOLUTION
'''
BODIES = {
    "odd": "x.abs().sum()",
    "raises": "x.sum() / [][0]",
    "weak": "x.sum() if len(x) > 2 else None",
}
FUNCTIONS = list(dict.fromkeys(key.partition("::")[0] for key in PUBLIC))
HINT = 'en = "Why {0}?"\nzh = "为什么 {0}？"\n'
MISTAKES = {
    "sums.same_in_other_words": ("x.sum()", "1.0 * x.sum()"),
    "sums.castor": ("x.sum()", "x.mean()"),
    "sums.pollux": ("x.sum()", "x.sum() / len(x)"),
    "sums.almost": ("x.sum()", "x.sum() * (1 + 1e-6)"),
    "odd.forgets_abs": ("x.abs().sum()", "x.sum()"),
    "odd.hates_negatives": ("x.abs().sum()", "x.abs().sum() + (0 if len(x) > 1 else 1 if x[0] > 0 else [][0])"),
    "raises.mean": ("x.sum()", "x.mean()"),
    "healthy.mean": ("x.sum()", "x.mean()"),
    "healthy.product": ("x.sum()", "x.prod()"),
    "weak.mean": ("x.sum()", "x.mean()"),
}


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """A course with every kind of fault, and none in the function `healthy`."""
    experiments = "".join(
        EXPERIMENT.format(function=function, name=name, body=body)
        for (function, _, name), body in ((key.partition("::"), body) for key, body in PUBLIC.items())
    )
    solution = "".join(FUNCTION.format(name=name, body=BODIES.get(name, "x.sum()")) for name in FUNCTIONS)
    mistakes = "".join(f"[{m}]\n{HINT.format(m)}old = '{old}'\nnew = '{new}'\n" for m, (old, new) in MISTAKES.items())
    mistakes += f"[sums.not_really]\n{HINT.format('end')}old = 'x.sum()'\nnew = 'x.mean()'\noutcome = 'timed_out'\n"
    files = {
        "exercises/test_ex1_planted.py": HEAD + experiments,
        "solutions/ex1_planted.py": '"""Planted.\n\n中文 (zh)\n---------\n埋下的错误。\n"""\n' + solution,
        "solutions/mistakes/ex1_planted.toml": mistakes,
        "solutions/alternatives/ex1_planted_float.py": "def weak(x): return float(x.sum())\n",
        "solutions/alternatives/ex1_planted_loop.py": "def healthy(x): return sum(x)\n",
    }
    return write_files(tmp_path_factory.mktemp("planted"), files)


@pytest.fixture(scope="module")
def report(planted):
    library = open_library(planted)
    with make_pool_without_sandbox(library.experiment_files, 1) as pool:
        doctor = Doctor(library, pool, mutants=False)
        assert list(doctor.examine(list(library.course.exercise_of))) == list(library.course.exercise_of)
        mutants = Doctor(library, pool)
        list(mutants.examine(["weak", "healthy"]))
    doctor.report.survivors = mutants.report.survivors
    return doctor.report


def about(report, function):
    return [(f.place, f.found) for f in report.findings if f"{function}__" in f.place or f"{function}::" in f.place]


@pytest.mark.parametrize(
    ("place", "fault"),
    [
        ("sums__same_in_other_words", "not caught: it passes all checks (seeds [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])"),
        ("sums__castor", "it has the same outcomes as sums__pollux in all checks"),
        ("sums__almost", "caught too narrowly: it differs by "),
        ("sums__not_really", "declared outcome timed_out, but the result is failed"),
        ("odd::idle_check", "it catches no known mistake"),
        ("odd::constant_check", "no observation depends on the seed"),
        ("odd::lazy_check", "a trivial answer passes: return the first argument"),
        ("odd__forgets_abs on moody_check", "the verdict depends on the seed"),
        ("odd__hates_negatives on moody_check", "the verdict depends on the seed"),
        ("odd::swallowing_check", "the stub is not recognized as not started"),
        ("raises::the_sum_of_raises", "the solution gives no observation with seed 0: IndexError: list index"),
        ("ex1_planted_float.py on weak::the_sum_of_weak", "it differs by inf tolerances with seed 0"),
    ],
)
def test_a_planted_fault_is_reported_at_its_place_with_a_cure(report, place, fault):
    function = place.split(" on ")[-1].partition("__")[0].partition("::")[0]
    assert any(f.place == place and fault in f.found and f.cure for f in report.findings), about(report, function)


def test_a_mistake_that_no_check_catches_is_reported_once(report):
    assert [place for place, _ in about(report, "sums")].count("sums__same_in_other_words") == 1


def test_a_right_exercise_has_no_finding(report):
    assert about(report, "healthy") == []
    assert len(about(report, "weak")) == 1
    assert not any("the_sum_of_odd" in place for place, _ in about(report, "odd"))


def test_a_surviving_mutant_is_listed_and_is_not_a_finding(report):
    assert any(s.startswith("weak: ") and "len(x)" in s for s in report.survivors)
    assert not any(s.startswith("healthy") for s in report.survivors)


def test_checks_mistakes_and_answers_are_counted(report):
    assert report.counts == {
        "checks": len(PUBLIC) - 1,  # the doctor examines a function no further if its solution raises
        "mistakes": len(MISTAKES),  # including the mistake that never ends, excluding that of `raises`
        "alternatives": 2,
        "trivial answers": len(TRIVIAL_ANSWERS) * (len(FUNCTIONS) - 1),
        "mutants": 0,
        "generated files": 0,
    }


def test_the_miniature_course_has_no_finding_and_its_generated_files_are_fresh(library, pool):
    doctor = Doctor(library, pool, mutants=False, generated=True)
    list(doctor.examine(list(library.course.exercise_of)))
    assert doctor.report.findings == []
    assert doctor.report.counts["generated files"] == 4


def test_a_generated_file_that_is_stale_is_a_finding(course, pool):
    """As `grader sync --check` finds them, but with the outcomes of the mistakes that the doctor has run."""
    golden = course / "exercises/golden/ex1_small.json"
    edit(golden, '"mean_square__sum": {"mean', '"mean_square__product": {"mean')
    edit(course / "exercises/ex1_small.py", "import torch", "import torch  # stale")
    library = open_library(course)
    doctor = Doctor(library, pool, mutants=False, seeds=2, generated=True)
    list(doctor.examine(list(library.course.exercise_of)))
    stale = [finding.place for finding in doctor.report.findings if "stale" in finding.found]
    assert stale == ["exercises/ex1_small.py", "exercises/golden/ex1_small.json"]
    assert len(stale) == len(doctor.report.findings) and "grader sync" in doctor.report.findings[0].cure


def test_generated_files_of_an_exercise_are_left_out_unless_all_its_functions_are_examined(library, pool):
    doctor = Doctor(library, pool, mutants=False, seeds=2, generated=True)
    list(doctor.examine(["mean_square"]))
    assert doctor.report.findings == [] and doctor.report.counts["generated files"] == 0


def errors_of(course):
    with pytest.raises(AuthoringErrors) as caught:
        open_library(course)
    return [(error.place, error.found) for error in caught.value.errors]


def test_an_unbalanced_mark_and_a_wrong_edit_are_reported_together(course):
    solution = course / "solutions/ex1_small.py"
    edit(solution, "return y\n    ### END SOLUTION\n", "return y\n")
    line = solution.read_text("utf-8").splitlines().index("    y = x.detach().clone()")
    edit(course / "solutions/mistakes/ex1_small.toml", 'old = ".mean()"', 'old = ".median()"')
    found = errors_of(course)
    assert any(f"ex1_small.py:{line}" in place and "BEGIN SOLUTION without END" in fault for place, fault in found)
    assert any("[mean_square.sum]" in place and "occurs 0 times" in fault for place, fault in found)


@pytest.mark.parametrize(
    "stray",
    [
        "solutions/ex9_gone.py",
        "solutions/mistakes/ex9_gone.toml",
        "solutions/alternatives/ex9_gone_x.py",
        "exercises/ex9.py",
    ],
)
def test_a_file_that_belongs_to_no_exercise_is_reported(course, stray):
    write_files(course, {stray: ""})
    ((place, fault),) = errors_of(course)
    assert place.endswith(stray) and "belongs to no exercise" in fault


def test_hidden_checks_that_belong_to_no_exercise_are_reported(course):
    hidden = course / "tests/hidden"
    (hidden / "test_ex9_gone.py").write_bytes((hidden / "test_ex1_small.py").read_bytes())
    write_files(course, {"tests/hidden/test_helpers.py": "def test_something_else():\n    pass\n"})
    ((place, fault),) = errors_of(course)
    assert place.endswith("test_ex9_gone.py") and "belongs to no exercise" in fault


def test_an_exercise_without_a_solution_is_reported(course):
    (course / "solutions/ex1_small.py").unlink()
    assert any("has no solution" in fault for _, fault in errors_of(course))


@pytest.mark.parametrize("data", [b"def f(:\n", "def descend(): pass\n".encode("utf-16")], ids=["syntax", "UTF-16"])
def test_an_alternative_that_cannot_be_read_is_reported(course, data):
    (course / "solutions/alternatives/ex1_small_broken.py").write_bytes(data)
    ((place, _),) = errors_of(course)
    assert place.endswith("ex1_small_broken.py")


def test_a_mutant_has_one_change_and_not_in_docstrings_or_messages():
    mutants = list(mutants_of(SOLUTION, "mean_square"))
    assert len({m.source for m in mutants}) == len(mutants) >= 5
    changes = "\n".join(m.change for m in mutants)
    assert "x.numel() == 0" in changes and "x ** 2" in changes
    for mutant in mutants:
        assert "Raises ValueError when there are none." in mutant.source
        assert "no entries" in mutant.source or "removed `if" in mutant.change
        compile(mutant.source, "mutant", "exec")


@pytest.mark.parametrize("body", TRIVIAL_ANSWERS.values(), ids=TRIVIAL_ANSWERS.keys())
def test_a_trivial_answer_compiles(body):
    compile(trivial_answer("f", body), "trivial answer", "exec")
