"""Read the folder of fixes (`grader grade --fixes DIR`) and add each fix to the submission of its student.

Theory of operation
    DIR contains one folder for each student who gets a fix, named by the student's id. A `.py` or `.ipynb` file in it
    replaces the file with the same path in the submission; if there is no such file, it is added. A file DELETE lists
    files of the student that are not graded. If a folder has a fault (an unknown student, a link, a file of another
    kind or size), a usage error lists all faults before grading starts. Files of a fix are treated like files of a
    submission: they are read when the grader reaches the student, have the same size limits, and run in the same
    sandbox.

    A fix is added to the latest attempt, because its author read this attempt. On an earlier attempt, the fix would get
    an earlier time of submission. If a group submitted together, the fix of one member is the fix of all members.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from grader.core.errors import GraderErrors, UsageError
from grader.core.outcome_text import INSTRUCTOR_TEMPLATES, reason_text
from grader.core.reasons import Code, UnreadableError
from grader.submissions.class_submissions import ClassSubmissions, latest_attempts
from grader.submissions.file_reading import why_unreadable
from grader.submissions.fixes.fixed_submission import FixedSubmission, StudentFix
from grader.submissions.members.folders import read_tree
from grader.submissions.members.tree import Member
from grader.submissions.size_limits import size_limit
from grader.submissions.students.student_lookup import StudentIndex
from grader.submissions.submission import Submission

DELETE = "DELETE"
"""Name of the file that lists the files of a student that are not graded."""
MAX_DELETE_BYTES = 64 << 10
"""Maximum size of a DELETE file, in bytes."""
MAX_FAULTS = 20
"""Maximum number of faults in DIR that one error lists."""


def with_fixes(submissions: ClassSubmissions, folder: Path) -> ClassSubmissions:
    """Return the submissions of a class, with the fixes in a folder added to the latest attempts of their students.

    If a student submitted nothing, the fix becomes the submission, without a time. Raises UsageError if the folder has
    a fault.
    """
    latest = {attempt.student: attempt for attempt in latest_attempts(submissions.attempts)}
    fixes = _for_groups(read_fixes(folder, latest), latest, folder)
    attempts = [
        FixedSubmission.of(attempt, fixes[attempt.student])
        if attempt.student in fixes and attempt is latest[attempt.student]
        else attempt
        for attempt in submissions.attempts
    ]
    return replace(submissions, attempts=attempts)


def read_fixes(folder: Path, students: Mapping[str, Submission]) -> dict[str, StudentFix]:
    """Return the fix of each student who has a folder in `folder`, by id.

    `students` are the latest attempts of the class, by id. Raises UsageError with all faults of the folder.
    """
    if not folder.is_dir():
        raise UsageError(
            "Fixes not found: {path} is not a folder. Pass a folder with one folder for each student who gets a fix",
            path=folder,
        )
    by_student: defaultdict[str, list[Member]] = defaultdict(list)
    faults: list[Exception] = []
    for member in read_tree(folder).members:
        if member.is_top_level_file:
            faults.append(
                UsageError(
                    "{path}: not in the folder of a student. Put the file into a folder that is named by the "
                    "student's id",
                    path=folder / member.path,
                )
            )
        else:
            by_student[member.parts[0]].append(member.without_first_folder())
    fixes = {}
    for student, members in by_student.items():
        own_faults = [*_faults(folder / student, student, members, students)]
        faults += own_faults
        if not own_faults:
            try:
                fixes[student] = _read_fix(folder / student, members)
            except UsageError as error:
                faults.append(error)
    if faults:
        raise UsageError("{faults}", faults=GraderErrors(faults[:MAX_FAULTS]))
    return fixes


def _faults(
    path: Path, student: str, members: Sequence[Member], students: Mapping[str, Submission]
) -> Iterator[UsageError]:
    """Yield the faults in the names and sizes of the files in the folder of one student."""
    if student not in students:
        yield _unknown_student(path, student, students)
    if all(member.is_folder for member in members):
        yield UsageError(
            "{path}: the folder contains no file. Put the files of the fix there, or remove the folder", path=path
        )
    for member in members:
        shown = path / member.path
        if member.problem or (member.is_source and member.size > size_limit(member.name)):
            error = UnreadableError(member.problem) if member.problem else _too_large(member)
            yield UsageError(
                "{reason}. Put a regular file there, within the size limits of a submission",
                reason=reason_text(error.about(str(shown)), templates=INSTRUCTOR_TEMPLATES),
            )
        elif not member.is_folder and not member.is_source and member.parts != (DELETE,):
            yield UsageError(
                "{path}: a fix may contain only .py and .ipynb files, and a file DELETE with the paths of files to "
                "leave out. Unpack an archive; remove any other file",
                path=shown,
            )


def _too_large(member: Member) -> UnreadableError:
    return UnreadableError(Code.TOO_LARGE, mib=size_limit(member.name) >> 20)


def _unknown_student(path: Path, student: str, students: Mapping[str, Submission]) -> UsageError:
    index = StudentIndex({id_: attempt.metadata for id_, attempt in students.items()})
    if near := index.find(student) or index.nearest(student):
        return UsageError(
            "{path}: no student has the id {student!r}. Similar ids: {near}. Name the folder exactly like the id",
            path=path,
            student=student,
            near=index.describe(near),
        )
    return UsageError(
        "{path}: no student has the id {student!r}. Name the folder exactly like the id in grades.csv",
        path=path,
        student=student,
    )


def _read_fix(path: Path, members: Sequence[Member]) -> StudentFix:
    files = {member.path: member for member in members if member.is_source}
    delete = next((member for member in members if member.parts == (DELETE,)), None)
    data = _read_delete(path / DELETE, delete) if delete else b""
    left_out = _listed_paths(path / DELETE, data)
    both = sorted(files.keys() & set(left_out))
    if both:
        raise UsageError(
            "{path}: lists {files}, which the fix also contains. Remove the line here, or the file from the fix",
            path=path / DELETE,
            files=", ".join(both),
        )
    return StudentFix(files, tuple(left_out), data)


def _read_delete(path: Path, member: Member) -> bytes:
    try:
        data = member.read(MAX_DELETE_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = reason_text(why_unreadable(error).about(str(path)), templates=INSTRUCTOR_TEMPLATES)
        raise UsageError("{reason}", reason=reason) from None
    if len(data) > MAX_DELETE_BYTES:
        raise UsageError(
            "{path}: larger than {kib} KiB. List one path in each line", path=path, kib=MAX_DELETE_BYTES >> 10
        )
    return data


def _listed_paths(path: Path, data: bytes) -> list[str]:
    """Return the paths in a DELETE file, one per line. Empty lines and lines that begin with # are left out."""
    try:
        lines = [line.strip() for line in data.decode("utf-8-sig").splitlines()]
    except UnicodeDecodeError:
        raise UsageError("{path}: not UTF-8 text. Save this file as UTF-8", path=path) from None
    return [line.removeprefix("./") for line in lines if line and not line.startswith("#")]


def _for_groups(
    fixes: Mapping[str, StudentFix], latest: Mapping[str, Submission], folder: Path
) -> dict[str, StudentFix]:
    """Return the fix of each student; all members of a group get the fix of one member.

    Raises UsageError if two members of a group have a fix.
    """
    found = dict(fixes)
    groups: dict[tuple[object, ...], str] = {}
    for student in fixes:
        group = _group(latest[student])
        if group and group in groups:
            raise UsageError(
                "{path}: {one} and {other} submitted together as one group. Keep the fix of one of them: "
                "it counts for all members",
                path=folder,
                one=groups[group],
                other=student,
            )
        groups[group] = student
    for student, attempt in latest.items():
        group = _group(attempt)
        if group in groups and group:
            found[student] = fixes[groups[group]]
    return found


def _group(attempt: Submission) -> tuple[object, ...]:
    """Return a key that all members of a group that submitted together share; empty for a single student."""
    metadata = attempt.metadata
    return (metadata.group, metadata.filed_as) if len(metadata.group) > 1 and metadata.filed_as else ()
