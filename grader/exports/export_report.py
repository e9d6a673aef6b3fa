"""Report of an export for the instructor: one line that counts students, and a file that names them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from grader.core.files.atomic_files import write_atomically
from grader.core.visible_text import visible
from grader.exports.export_data import ClassResults, StudentResult
from grader.exports.result_text import points_line, visible_lines


def count_line(results: ClassResults, unwritten: Sequence[str]) -> str:
    """Return a line that counts all students, scores, scores that need review and, for each reason, missing scores."""
    tr, students = results.tr, results.students
    with_score = [student for student in students if student.score is not None]
    parts = [
        (tr("students: {count}"), len(students)),
        (tr("scores: {count}"), len(with_score)),
        (tr("scores that need review: {count}"), sum(bool(s.review_reason and not s.as_zero) for s in with_score)),
        (tr("scores not written: {count}"), len(unwritten)),
        (tr("ungraded: {count}"), sum(s.score is None and not s.final.missing for s in students)),
        (tr("ungraded, exported as 0: {count}"), sum(s.as_zero and not s.final.missing for s in students)),
        (tr("missing, not exported as 0: {count}"), sum(s.is_skipped for s in students)),
        (tr("missing, exported as 0: {count}"), sum(s.as_zero and s.final.missing for s in students)),
    ]
    shown = [words.format(count=count) for number, (words, count) in enumerate(parts) if count or number < 2]
    return tr("; ").join(shown)


def write_details(
    results: ClassResults, unwritten: Sequence[str], into: Path, not_written: Collection[str] = ()
) -> Path | None:
    """Write a file next to the export that names students whose score is missing, unwritten or needs review.

    unwritten: lines of the export about scores that it did not write.
    into: the file or folder of the export.
    not_written: ids of the students whose score the export did not write.
    Returns the path of the file, or None if there are no such students and so no file. Raises UsageError if the file
    cannot be written.
    """
    into = into.resolve() if into.name in ("", "..") else into
    path = into.with_name(f"{into.stem if into.suffix and not into.is_dir() else into.name}-details.txt")
    lines = [*map(visible_lines, unwritten), *detail_lines(results, not_written)]
    if not lines:
        path.unlink(missing_ok=True)  # a file of an earlier export would be out of date
        return None
    write_atomically(path, "".join(f"{line}\n" for line in lines).encode())
    return path


def detail_lines(results: ClassResults, not_written: Collection[str] = ()) -> Iterator[str]:
    """Yield a line for each student without a score, with a score of zero by the policy, or with a score to review.

    not_written: ids of the students whose score the export did not write.
    """
    tr = results.tr
    for student in results.students:
        for words in _details(student, results, student.id not in not_written):
            yield visible(tr("{student}: {what}").format(student=results.label(student), what=words))


def _details(student: StudentResult, results: ClassResults, is_written: bool) -> Iterator[str]:
    tr, final, reason = results.tr, student.final, student.review_reason
    functions = ", ".join(record.function for record in student.ungraded)
    if student.is_skipped:
        yield tr("missing submission, left as it is")
    elif student.as_zero and final.missing:
        yield tr("missing submission, exported as 0")
    elif student.as_zero:
        yield tr("ungraded functions exported as 0; please review: {why}").format(why=reason)
    elif student.score is None:
        words = tr("ungraded ({functions}), left as it is; so far {points}; please review: {why}")
        points = points_line(final.total_so_far, final.max_score, tr)
        yield words.format(functions=functions, points=points, why=reason or tr("the grader failed"))
    elif reason and not is_written:
        yield tr("score not written; please review: {why}").format(why=reason)
    elif reason:
        yield tr("exported with the current score; please review: {why}").format(why=reason)
