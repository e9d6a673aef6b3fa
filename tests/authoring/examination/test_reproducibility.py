"""The doctor and sync find experiments that observe something else in another interpreter, and name the cause."""

import pytest

from grader.authoring.doctor import Doctor
from grader.authoring.examination.reproducibility import find_irreproducible
from grader.authoring.examination.source_runner import SourceRunner
from grader.course.library import open_library
from grader.execution.host.interpreter_conditions import other_in_all
from grader.execution.host.pool import make_pool_without_sandbox
from tests.tools import copy_course, edit, grader_in_process

PLANTED = {
    "unseeded": ("np.random.default_rng().random()", "random numbers without the seed"),
    "address": ("id(object())", "the address of an object"),
    "order": ('"".join({"one", "two", "three", "four", "five"})', "the order of a set"),
    "clock": ("time.time() // 86400", "the time, the date or the time zone"),
    "today": ("str(datetime.date.today())", "the time, the date or the time zone"),
    "folder": ("os.getcwd()", "the working directory"),
}
IMPORTS = "import datetime\nimport os\nimport time\n\nimport numpy as np\n"
EXPERIMENT = '''

@ experiment(zh="断言。")
def {name}(mean_square, given: Given):
    """A claim."""
    return {{"mean": mean_square(given.tensor("x", 3)), "planted": {value}}}
'''
"""The blank after @ keeps pytest's plugin from taking this file for experiments."""


def plant(folder, names):
    """Copy the miniature course and add these checks to it."""
    course = copy_course(folder / "course")
    file = course / "exercises/test_ex1_small.py"
    edit(
        file,
        "from grader import",
        "import datetime\nimport os\nimport time\n\nimport numpy as np\n\nfrom grader import",
    )
    checks = "".join(EXPERIMENT.format(name=name, value=PLANTED[name][0]) for name in names)
    file.write_text(file.read_text("utf-8") + checks, "utf-8")
    return course


@pytest.fixture(scope="module")
def findings(tmp_path_factory):
    """The findings about the function with all planted checks, by the name of the check."""
    library = open_library(plant(tmp_path_factory.mktemp("planted"), PLANTED))
    with make_pool_without_sandbox(library.experiment_files, 1) as pool:
        found = find_irreproducible(library, pool, ["mean_square", "descend"], [0, 1])
    return {finding.place.partition("::")[2]: finding for finding in found}


@pytest.mark.parametrize("name", PLANTED)
def test_a_check_that_is_not_reproducible_is_found_with_its_observation_and_its_cause(findings, name):
    found = findings[name]
    assert found.place == f"mean_square::{name}" and found.cure
    assert found.found.startswith("not reproducible with seed 0: planted is ")
    assert PLANTED[name][1] in found.found.partition("Likely cause: ")[2]


def test_checks_that_are_reproducible_are_not_reported(findings):
    assert findings.keys() == PLANTED.keys()


def test_the_doctor_and_sync_refuse_a_course_with_a_check_that_is_not_reproducible(tmp_path):
    course = plant(tmp_path, ["unseeded"])
    library = open_library(course)
    with make_pool_without_sandbox(library.experiment_files, 1) as pool:
        doctor = Doctor(library, pool, mutants=False)
        list(doctor.examine(["mean_square"]))
    assert any(f.place == "mean_square::unseeded" and "not reproducible" in f.found for f in doctor.report.findings)
    before = {path: path.read_bytes() for path in course.rglob("*.json")}
    done = grader_in_process("sync", "--course", course, "--jobs", "1", cwd=tmp_path)
    assert done.returncode == 2, done.stdout
    assert "mean_square::unseeded: not reproducible" in done.stdout and "What to do: " in done.stdout
    assert {path: path.read_bytes() for path in course.rglob("*.json")} == before


def test_workers_have_the_declared_hash_seed(tmp_path):
    library = open_library(plant(tmp_path, ["order"]))
    orders = []
    for conditions in ({}, {}, {"conditions": other_in_all()}):
        with make_pool_without_sandbox(library.experiment_files, 1, **conditions) as pool:
            runner = SourceRunner(library, pool, with_mutants=False)
            files = runner.files_of("mean_square")
            (pending,) = runner.run(files, "mean_square", [files.solution], [0])
            orders.append(pending().outcomes["mean_square::order", 0].values["planted"])
    assert orders[0] == orders[1] != orders[2]
