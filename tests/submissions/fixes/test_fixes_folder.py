"""A fix belongs to the latest attempt of its student, keeps time and lateness, and counts for a whole group."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from grader.core.errors import UsageError
from grader.core.reasons import Code
from grader.submissions.class_submissions import ClassSubmissions
from grader.submissions.fixes.fixes_folder import read_fixes, with_fixes
from grader.submissions.submission import Submission, SubmissionMetadata
from tests.tools import write_files

LATE = SubmissionMetadata(submitted=datetime(2026, 3, 1, tzinfo=UTC), late=True)
TOGETHER = SubmissionMetadata(group=("Ada", "Bob"), filed_as="submission_1")


def attempt(place, student, number=1, metadata=LATE, **files):
    """Return an attempt with these files (name without .py -> text)."""
    folder = place / f"{student}-{number}"
    write_files(folder, {f"{name}.py": text for name, text in files.items()})
    paths = tuple(sorted(f"{name}.py" for name in files))
    return Submission(student, folder, paths, metadata=replace(metadata, attempt=number))


def fixed(place, attempts, **fixes):
    """Return the attempts with these fixes (student -> {path: text})."""
    for student, files in fixes.items():
        write_files(place / "fixes" / student, files)
    return with_fixes(ClassSubmissions(attempts, "plain", "", [], [], []), place / "fixes").attempts


def test_the_latest_attempt_is_fixed_and_keeps_its_time_and_lateness(tmp_path):
    attempts = [attempt(tmp_path, "ada", number, a="old") for number in (1, 2)]
    first, second = fixed(tmp_path, attempts, ada={"a.py": "new", "sub/b.py": "b"})
    assert (dict(first.read()), first.applied_fix) == ({"a.py": b"old"}, None)
    assert dict(second.read()) == {"a.py": b"new", "sub/b.py": b"b"}
    assert (second.applied_fix.replaced, second.applied_fix.added) == (("a.py",), ("sub/b.py",))
    assert second.metadata == attempts[1].metadata and second.metadata.late


def test_a_fix_of_one_member_counts_for_the_group_and_two_fixes_are_refused(tmp_path):
    attempts = [attempt(tmp_path, student, metadata=TOGETHER, a="old") for student in ("ada", "bob")]
    attempts.append(attempt(tmp_path, "cy", a="old"))
    ada, bob, cy = fixed(tmp_path, attempts, ada={"a.py": "new"})
    assert dict(ada.read()) == dict(bob.read()) == {"a.py": b"new"}
    assert dict(cy.read()) == {"a.py": b"old"}
    with pytest.raises(UsageError, match="one group"):
        fixed(tmp_path, attempts, bob={"a.py": "other"})


def test_ignored_files_use_up_nothing_of_the_limits(tmp_path):
    files = {f"big{number}": "#" * (1 << 20) for number in range(16)}
    (one,) = fixed(tmp_path, [attempt(tmp_path, "ada", a="old", **files)], ada={"DELETE": "big0.py\nbig1.py # twice\n"})
    assert len(one.read()) == 15 and one.problems == []
    assert one.applied_fix.left_out == ("big0.py", "big1.py")


def test_the_same_limits_hold_for_the_files_of_a_fix(tmp_path):
    fix = {f"f{number:03}.py": "" for number in range(201)}
    (one,) = fixed(tmp_path, [attempt(tmp_path, "ada")], ada=fix)
    assert len(one.read()) == 200 and [problem.code for problem in one.problems] == [Code.TOO_MANY_FILES]
    assert one.applied_fix.unreadable == ("f200.py",)


def test_a_file_that_becomes_a_link_after_it_was_listed_is_not_followed(tmp_path):
    ada = attempt(tmp_path, "ada", a="old")
    (one,) = fixed(tmp_path, [ada], ada={"a.py": "new"})
    (tmp_path / "fixes/ada/a.py").unlink()
    (tmp_path / "fixes/ada/a.py").symlink_to(write_files(tmp_path, {"secret.py": "secret"}) / "secret.py")
    assert one.read() == () and [problem.code for problem in one.problems] == [Code.LINK]


def test_an_empty_folder_is_refused(tmp_path):
    (tmp_path / "fixes/ada").mkdir(parents=True)
    with pytest.raises(UsageError, match="the folder contains no file"):
        read_fixes(tmp_path / "fixes", {"ada": attempt(tmp_path, "ada", a="old")})
