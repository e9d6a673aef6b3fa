"""Write one file for each student, for the targets that need this."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from grader.core.errors import UsageError
from grader.exports.export_data import ClassResults, ExportOptions, ExportSummary, StudentResult
from grader.exports.result_text import file_stems


def write_file_per_student(
    results: ClassResults, options: ExportOptions, name: str, encode: Callable[[StudentResult], bytes]
) -> ExportSummary:
    """Write the file STUDENT/`name` into the folder `into` for every student who is exported.

    If `into` has the suffix of `name`, it is the file of the only student. Raises UsageError if there are several
    students.

    name: name of each file, such as "results.json".
    encode: a function that returns the content of a student's file.
    """
    files = []
    for student, path in _paths(results, options, name):
        options.write(path, encode(student))
        files.append(path)
    return ExportSummary(files)


def _paths(results: ClassResults, options: ExportOptions, name: str) -> Iterator[tuple[StudentResult, Path]]:
    students = [student for student in results.students if not student.is_skipped]
    if options.into.suffix.lower() != Path(name).suffix:
        stems = file_stems([student.id for student in results.students])
        yield from ((student, options.output_folder() / stems[student.id] / name) for student in students)
        return
    if len(results.students) != 1:
        raise UsageError(
            "--into {path} is one file, but there are {count} students. Pass a folder with --into",
            path=options.into,
            count=len(results.students),
        )
    yield from ((student, options.into) for student in students)
