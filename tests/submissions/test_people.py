"""What run.json says of people comes back as it was, and what it cannot say is nothing."""

import json
from datetime import UTC, datetime

import pytest

from grader.submissions.people import people_of, plain_people
from grader.submissions.submission import About

FULL = About(
    name="王小明",
    email="wang@example.edu",
    group=("王小明", "Ada"),
    submitted=datetime(2026, 3, 1, 14, 58, 23, 948203, tzinfo=UTC),
    late=True,
    attempt=3,
    ids=("wxm", "s4021"),
    filed_as="王小明_12_assignsubmission_file",
)


@pytest.mark.parametrize("about", [FULL, About(), About(attempt=0)])
def test_people_come_back_from_json_as_they_went(about):
    written = json.dumps({"people": plain_people({"4021": about})})
    assert people_of(json.loads(written)) == {"4021": about}


@pytest.mark.parametrize("run", [{}, {"people": None}, {"people": [1]}, {"people": {"ada": 3}}])
def test_a_run_of_an_earlier_version_has_no_people(run):
    assert people_of(run) == {}


def test_what_cannot_be_read_says_nothing():
    odd = {"name": 3, "email": None, "group": "x", "submitted": "2026-03-01 10:00", "late": "yes", "attempt": -1}
    assert people_of({"people": {"ada": odd}}) == {"ada": About()}
