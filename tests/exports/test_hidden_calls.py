"""The arguments of a hidden check are in no export that students read, unless the policy shows them everything."""

import zipfile
from dataclasses import replace

import msgspec
import pytest

from grader.grading.policy.policy import HiddenChecks
from tests.tools import COURSE

SECRET = "secret_argument = torch.tensor([0.8125, 0.4375])"
TARGETS = ("gradescope", "github", "prairielearn", "junit", "moodle")
WORKSHEET = "Identifier,Full name,Status,Grade,Maximum Grade,Feedback comments\nParticipant 105,bob,Submitted,,5.00,\n"
WITHHELD = [hidden for hidden in HiddenChecks if hidden != HiddenChecks.FULL]


@pytest.fixture
def exported(results_with, export, library, tmp_path):
    """A function that returns all bytes that an export wrote for a class whose hidden checks have a secret call."""
    hidden_names = {check.name for e in library.course.exercises for check in e.checks if check.hidden}
    assert hidden_names, COURSE

    def with_call(record):
        checks = [
            msgspec.structs.replace(check, call=SECRET if check.name in hidden_names else "public_argument")
            for check in record.checks
        ]
        return msgspec.structs.replace(record, checks=checks)

    def exported(target, hidden):
        results = results_with(hidden=hidden, people=[])
        students = [replace(s, records=tuple(map(with_call, s.records))) for s in results.students if s.id == "bob"]
        template = WORKSHEET if target == "moodle" else None
        into = {"moodle": "folder"}.get(target, "folder")
        export(replace(results, students=tuple(students)), target, into, template)
        return b"".join(
            _contents(path) for path in sorted(tmp_path.rglob("*")) if path.is_file() and "folder" in str(path)
        )

    return exported


def _contents(path):
    """Return the bytes of a file; for a zip, the bytes of its members."""
    if not zipfile.is_zipfile(path):
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("hidden", WITHHELD)
def test_the_call_of_a_hidden_check_is_withheld(exported, target, hidden):
    written = exported(target, hidden)
    assert b"public_argument" in written and b"secret_argument" not in written


@pytest.mark.parametrize("target", TARGETS)
def test_the_call_of_a_hidden_check_is_shown_where_the_policy_shows_everything(exported, target):
    assert b"secret_argument" in exported(target, HiddenChecks.FULL)
