"""Helpers for tests of layouts: two students, and functions that read a download."""

from dataclasses import replace

from grader.core.outcome_text import reason_text
from grader.submissions.download_reader import read_download
from tests.downloads import Student

STUBS, CODE = {"ex1_small.py"}, "x = 1\n"
ADA = Student("4021", "Ada Lovelace", {"ex1_small.py": CODE}, "ada@example.edu", "s4021")
WANG = Student("4022", "王小明", {"ex1_small.py": CODE, "lib/b.py": CODE}, "wang@example.edu", "s4022", late=True)
PAIR = replace(ADA, id="17", name="Emmy Noether", email="", sid="")


def read(path, layout="auto", stubs=STUBS):
    """Read a download without translation."""
    return read_download(path, stubs, layout, str)


def submitted_files(download):
    """Return {student: {path: bytes}} of the latest attempts. Raises AssertionError where one has a problem."""
    found = {}
    for submission in download.submissions:
        files = dict(submission.read())
        assert not submission.problems, (submission.student, submission.problems)
        found[submission.student] = files
    return found


def paths(download):
    """Return {student: paths} of the latest attempts, as `submitted_files` does."""
    return {student: sorted(files) for student, files in submitted_files(download).items()}


def problems(download):
    """Return {student: problems} of the latest attempts."""
    found = {}
    for submission in download.submissions:
        submission.read()
        found[submission.student] = [*map(reason_text, submission.problems)]
    return found


def metadata(download):
    """Return {student: metadata} of the latest attempts."""
    return {submission.student: submission.metadata for submission in download.submissions}
