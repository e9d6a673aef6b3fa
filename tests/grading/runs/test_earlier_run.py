"""The plan of an earlier run is read from a run.json that another person may have changed."""

import json
from pathlib import Path

import pytest

from grader.core.errors import UsageError
from grader.grading.results.plan import PLAN_SCHEMA
from grader.grading.results.run_file import read_run
from grader.grading.runs.earlier_run import read_plan
from tests.fuzz.targets.results import results_folder


@pytest.mark.parametrize("folder", ["9" * 500, "a/" * 5000, "\0", "/no/such/folder", 7])
def test_a_run_of_a_folder_that_cannot_exist_is_read_as_one_of_a_folder_that_is_gone(tmp_path, folder):
    run = json.loads((results_folder() / "run.json").read_text("utf-8"))
    (tmp_path / "run.json").write_text(json.dumps(run | {"folder": folder}), "utf-8")
    plan, started_in = read_plan(tmp_path, read_run(tmp_path))
    assert (plan.submissions, started_in) == ("class", Path.cwd())


def test_a_plan_of_another_version_is_not_read(tmp_path):
    run = json.loads((results_folder() / "run.json").read_text("utf-8"))
    run["plan"]["schema"] = PLAN_SCHEMA + 1
    (tmp_path / "run.json").write_text(json.dumps(run), "utf-8")
    with pytest.raises(UsageError, match="does not hold the plan of the run"):
        read_plan(tmp_path, read_run(tmp_path))
