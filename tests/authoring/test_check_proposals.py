"""A check that catches no known mistake comes with a wrong answer that it catches, as an entry ready to paste."""

import re
import tomllib

import pytest

from grader.authoring.doctor import Doctor
from grader.authoring.exercise_template import EXAMPLE, PLACEHOLDERS, exercise_files
from grader.course.library import open_library
from grader.execution.host.pool import make_pool_without_sandbox
from tests.tools import edit, write_files

pytestmark = pytest.mark.usefixtures("forked_zygotes")

CHECK = '''\n\n@experiment()
def {name}({function}, given: Given):
    """Promise."""
    {body}
'''
SOLUTION = "    return x * x\n"
SHIFTED = "    shifted = x - 1\n    return shifted * shifted\n"
CHECKS = {
    "curvature": "x = given.tensor('x', 3)\n"
    "    return {'second difference': shift(x + 1) - 2 * shift(x) + shift(x - 1), 'y': given.tensor('y', 2)}",
    "only_a_tensor": "return {'shape': str(shift(given.tensor('x', 3)).shape), 'y': given.tensor('y', 2)}",
    "nothing": "import contextlib\n    with contextlib.suppress(Exception):\n        shift(given.tensor('x', 3))\n"
    "    return {'y': given.tensor('y', 2)}",
}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course with a function, and three checks that catch no known mistake."""
    root = tmp_path_factory.mktemp("proposals")
    write_files(root, exercise_files("ex1_shift", ["shift"], ("en",), EXAMPLE))
    edit(root / "solutions/ex1_shift.py", SOLUTION, SHIFTED)
    edit(root / "solutions/mistakes/ex1_shift.toml", 'old = "x * x"\nnew = "x + x"', 'old = "x - 1"\nnew = "x - 1.5"')
    (root / "solutions/alternatives/ex1_shift_powers.py").unlink()
    public = root / "exercises/test_ex1_shift.py"
    checks = "".join(CHECK.format(name=name, function="shift", body=body) for name, body in CHECKS.items())
    public.write_text(public.read_text("utf-8") + checks, "utf-8")
    return root


def examine(course):
    """Return the findings of the doctor without mutants."""
    library = open_library(course)
    with make_pool_without_sandbox(library.experiment_files, 1) as pool:
        doctor = Doctor(library, pool, mutants=False, seeds=2)
        list(doctor.examine(["shift"]))
    return doctor.report.findings


@pytest.fixture(scope="module")
def useless(course):
    """The findings about checks that catch no known mistake, by the name of the check."""
    found = [finding for finding in examine(course) if "catches no known mistake" in finding.found]
    return {finding.place.partition("::")[2]: finding for finding in found}


def test_a_mutant_that_the_check_catches_is_proposed_as_an_edit_of_the_solution(useless):
    finding = useless["curvature"]
    assert finding.found.endswith("it catches this answer: line 22: shifted * shifted -> shifted / shifted")
    entry = tomllib.loads(finding.entry)["shift"]["caught_by_curvature"]
    assert entry["en"] == PLACEHOLDERS.mistake_hint.in_("en") and entry.keys() == {"en", "old", "new"}
    assert "solutions/mistakes/ex1_shift.toml" in finding.cure


def test_without_such_a_mutant_a_trivial_answer_is_proposed_as_code(useless):
    finding = useless["only_a_tensor"]
    assert finding.found.endswith("it catches this answer: return a zero tensor")
    assert "torch.zeros" in tomllib.loads(finding.entry)["shift"]["caught_by_only_a_tensor"]["code"]


def test_a_check_that_catches_nothing_is_reported_without_a_proposal(useless):
    finding = useless["nothing"]
    assert re.search(r"and none of \d\d other wrong answers that were tried: it may prove nothing", finding.found)
    assert finding.entry == ""


def test_after_the_proposed_entries_are_added_only_their_hints_are_left_to_write(course, useless):
    mistakes = course / "solutions/mistakes/ex1_shift.toml"
    entries = [finding.entry for finding in useless.values() if finding.entry]
    mistakes.write_text("\n".join([mistakes.read_text("utf-8"), *entries]), "utf-8")
    found = examine(course)
    assert [f.place for f in found if "catches no known mistake" in f.found] == ["shift::nothing"]
    left = [f.place for f in found if "`grader new`" in f.found]
    assert left == [f"solutions/mistakes/ex1_shift.toml [shift.caught_by_{n}]" for n in ("curvature", "only_a_tensor")]
