"""Grading the fixed class costs no more than tests/costs.json says: page faults, processes, checks, modules, bytes."""

import json
import sys

import pytest

from tests.costs import MARGINS, complaints, conditions, limit, measure
from tests.tools import ROOT

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts in /proc")

RECORDED = json.loads((ROOT / "tests/costs.json").read_text("utf-8"))


@pytest.mark.usefixtures("sandbox")
def test_grading_costs_no_more_than_recorded(tmp_path):
    found = complaints(RECORDED, measure(tmp_path), conditions())
    assert not found, "\n".join(found)


def test_the_recording_holds_every_count_with_its_limit():
    assert RECORDED["counts"].keys() == MARGINS.keys()
    for name, row in RECORDED["counts"].items():
        assert row["at most"] == limit(name, row["recorded"]), f"{name}: run `make costs`, do not edit the file"


def test_a_count_above_its_limit_is_named_with_both_numbers_and_the_command():
    counts = {name: row["recorded"] for name, row in RECORDED["counts"].items()}
    assert complaints(RECORDED, counts, conditions()) == []
    name = "checks run on submissions"
    (sentence,) = complaints(RECORDED, counts | {name: counts[name] + 1}, conditions())
    assert f"{name}: grew from {counts[name]:,} to {counts[name] + 1:,}" in sentence and "`make costs`" in sentence


def test_under_other_conditions_page_faults_and_modules_are_not_compared():
    counts = {name: 10 * row["at most"] for name, row in RECORDED["counts"].items()}
    named = {sentence.partition(":")[0] for sentence in complaints(RECORDED, counts, {"python": "4.0"})}
    assert named == MARGINS.keys() - {"page faults of children", "modules imported by the grader"}
