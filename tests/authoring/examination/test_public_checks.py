"""The doctor tells which mistakes pass all public checks, which look alike in one, and which draws are not exact."""

import pytest

from grader.authoring.doctor import Doctor
from grader.authoring.examination.public_checks import max_passing
from grader.course.library import open_library
from grader.execution.host.pool import make_pool_without_sandbox
from tests.tools import write_files

pytestmark = pytest.mark.usefixtures("forked_zygotes")

HEAD = "from grader import Given, exercise, experiment\n"
# Not at the start of a line: a file of tests with such a line would be taken for experiments.
EXPERIMENT = '''\n@experiment()
def {name}({function}, given: Given):
    """A claim."""
    return {{{body}}}
'''
SHORT, LONG = 'average(given.tensor("x", 2))', 'average(given.tensor("x", 5))'
FILES = {
    "exercises/test_ex1_averages.py": HEAD
    + 'exercise(en="Averages", points={"average": 1, "total": 1})\n'
    + EXPERIMENT.format(name="two_numbers", function="average", body=f'"average": {SHORT}')
    + EXPERIMENT.format(name="five_numbers", function="average", body=f'"average": {LONG}')
    + EXPERIMENT.format(
        name="narrow", function="total", body='"total": 1e9 * total(given.tensor("x", 3, low=1e-8, high=4e-8))'
    ),
    "tests/hidden/test_ex1_averages.py": HEAD
    + EXPERIMENT.format(name="negative", function="average", body='"-": average(-given.tensor("x", 3).abs())')
    + EXPERIMENT.format(name="signs", function="total", body='"-": total(given.tensor("x", 5).abs().neg())'),
    "solutions/ex1_averages.py": '''"""Averages."""


def average(x):
    """Return the average."""
    ### BEGIN SOLUTION
    return x.sum() / len(x)
    ### END SOLUTION


def total(x):
    """Return the total."""
    ### BEGIN SOLUTION
    return x.sum()
    ### END SOLUTION
''',
}
HINT = 'en = "Why {0}?"\n'
MISTAKES = {
    "average.half": ("len(x)", "len(x) / 2", ""),
    "average.divides_twice": ("len(x)", "len(x) / len(x)", ""),
    "average.median": ("x.sum() / len(x)", "x.sort().values[(len(x) - 1) // 2]", 'belief = "the middle"'),
    "average.smallest": ("x.sum() / len(x)", "x.min()", 'belief = "the middle"'),
    "average.reasoned": ("x.sum()", "x.prod()", 'passes_public = "needs digits"'),
    **{
        f"total.below_{limit}": ("x.sum()", f"x.sum().clamp(min=-0.{limit})", reason)
        for limit, reason in [(1, 'passes_public = "needs a long run"'), (2, ""), (3, ""), (4, "")]
    },
    "total.product": ("x.sum()", "x.prod()", ""),
}


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    mistakes = "".join(
        f"[{name}]\n{HINT.format(name)}old = '{old}'\nnew = '{new}'\n{more}\n"
        for name, (old, new, more) in MISTAKES.items()
    )
    files = FILES | {"solutions/mistakes/ex1_averages.toml": mistakes}
    library = open_library(write_files(tmp_path_factory.mktemp("averages"), files))
    with make_pool_without_sandbox(library.experiment_files, 1) as pool:
        doctor = Doctor(library, pool, mutants=False)
        list(doctor.examine(list(library.course.exercise_of)))
    return doctor.report


def found(findings):
    return {(finding.place, finding.found) for finding in findings}


def test_mistakes_with_the_same_wrong_numbers_in_one_check_are_found(report):
    alike = {(place, text) for place, text in found(report.findings) if "same wrong numbers" in text}
    assert alike == {
        ("average::two_numbers", "the same wrong numbers (average) come from half, divides_twice"),
    }


def test_mistakes_with_the_same_belief_may_give_the_same_numbers(report):
    assert not any("median" in text for _, text in found(report.findings))


def test_a_mistake_that_passes_all_public_checks_needs_a_reason(report):
    unexplained = {p for p, text in found(report.findings) if text == "it passes all public checks, without a reason"}
    assert unexplained == {"total__below_2", "total__below_3", "total__below_4"}
    assert report.passing["total"] == [f"total__below_{i}" for i in (1, 2, 3, 4)]
    assert report.passing["average"] == []


def test_a_reason_that_no_longer_holds_is_found(report):
    assert ("average__reasoned", "its reason for passing all public checks is out of date: it fails one") in found(
        report.findings
    )


@pytest.mark.parametrize("place", ["total", "the course"])
def test_too_many_mistakes_that_pass_all_public_checks_are_found(report, place):
    assert (place, "4 known mistakes pass all public checks; at most 3 may") in found(report.findings)


@pytest.mark.parametrize(("mistakes", "limit"), [(2, 3), (60, 3), (61, 4), (1055, 53)])
def test_three_mistakes_or_one_in_twenty_may_pass_all_public_checks(mistakes, limit):
    assert max_passing(mistakes) == limit


def test_small_random_inputs_that_could_not_be_exact_are_listed(report):
    assert report.inexact == ["total::narrow: x in [1e-08, 4e-08)"]
