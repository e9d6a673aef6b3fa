"""Two students, and what is read of a download: plain helpers of the tests of layouts."""

from dataclasses import replace

from grader.core.outcome_text import reason_text
from grader.submissions.download_reader import read_download
from tests.downloads import Student

STUBS, CODE = {"ex1_small.py"}, "x = 1\n"
ADA = Student("4021", "Ada Lovelace", {"ex1_small.py": CODE}, "ada@example.edu", "s4021")
WANG = Student("4022", "王小明", {"ex1_small.py": CODE, "lib/b.py": CODE}, "wang@example.edu", "s4022", late=True)
PAIR = replace(ADA, id="17", name="Emmy Noether", email="", sid="")


def read(path, layout="auto", stubs=STUBS):
    """A download as it is read."""
    return read_download(path, stubs, layout, str)


def handed_in(reading):
    """{student: {path: bytes}} of what was read without a problem, of the last attempt."""
    found = {}
    for submission in reading.submissions:
        files = dict(submission.read())
        assert not submission.problems, (submission.student, submission.problems)
        found[submission.student] = files
    return found


def paths(reading):
    """{student: paths} of what was read without a problem."""
    return {student: sorted(files) for student, files in handed_in(reading).items()}


def problems(reading):
    """{student: why a human must look}."""
    found = {}
    for submission in reading.submissions:
        submission.read()
        found[submission.student] = [*map(reason_text, submission.problems)]
    return found


def about(reading):
    """{student: what is known}."""
    return {submission.student: submission.about for submission in reading.submissions}
