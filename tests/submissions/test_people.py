"""Metadata of students survives run.json, and invalid values are left empty."""

import json
from datetime import UTC, datetime

import pytest

from grader.submissions.people import people_from_run, people_to_json
from grader.submissions.submission import SubmissionMetadata

FULL = SubmissionMetadata(
    name="王小明",
    email="wang@example.edu",
    group=("王小明", "Ada"),
    submitted=datetime(2026, 3, 1, 14, 58, 23, 948203, tzinfo=UTC),
    late=True,
    attempt=3,
    ids=("wxm", "s4021"),
    filed_as="王小明_12_assignsubmission_file",
)


@pytest.mark.parametrize("metadata", [FULL, SubmissionMetadata(), SubmissionMetadata(attempt=0)])
def test_people_survive_json(metadata):
    written = json.dumps({"people": people_to_json({"4021": metadata})})
    assert people_from_run(json.loads(written)) == {"4021": metadata}


@pytest.mark.parametrize("run", [{}, {"people": None}, {"people": [1]}, {"people": {"ada": 3}}])
def test_a_run_of_an_earlier_version_has_no_people(run):
    assert people_from_run(run) == {}


def test_invalid_values_are_left_empty():
    odd = {"name": 3, "email": None, "group": "x", "submitted": "2026-03-01 10:00", "late": "yes", "attempt": -1}
    assert people_from_run({"people": {"ada": odd}}) == {"ada": SubmissionMetadata()}


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_time_before_year_1_or_after_year_9999_in_another_time_zone_is_left_empty(time):
    assert people_from_run({"people": {"ada": {"submitted": time}}})["ada"].submitted is None
