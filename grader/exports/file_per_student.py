"""One file for each student."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from grader.core.atomic_files import write_atomically
from grader.core.errors import UsageError
from grader.exports.cell_text import stems
from grader.exports.export_data import Exported, Order, Results, StudentResult


def write_each(results: Results, order: Order, name: str, encode: Callable[[StudentResult], bytes]) -> Exported:
    """Write STUDENT/name for every student; or, where `into` names a file and there is one student, that file.

    Raises UsageError.
    """
    files = []
    for student, path in _places(results, order, name):
        write_atomically(path, encode(student))
        files.append(path)
    return Exported(files)


def _places(results: Results, order: Order, name: str) -> Iterator[tuple[StudentResult, Path]]:
    if order.into.suffix.lower() != Path(name).suffix:
        names = stems([student.id for student in results.students])
        yield from ((student, order.folder() / names[student.id] / name) for student in results.students)
        return
    if len(results.students) != 1:
        raise UsageError(
            "--into {path}: there are {count} students, and each has a file of her own. Name a folder",
            path=order.into,
            count=len(results.students),
        )
    yield results.students[0], order.into
