"""nbgrader: write scores and comments into the gradebook of a course, and the notebooks that formgrader shows.

The gradebook is written through nbgrader's Python interface. If a person has entered a score or a comment in the
gradebook, the export keeps it, and nbgrader uses it instead of the exported score or comment. `--into` is the nbgrader
course folder, in which `nbgrader generate_assignment` was run.

Theory of operation
    In a notebook, each function has one check cell (`course.notebooks`, CHECK_CELL_ID). nbgrader's gradebook has a
    grade for each check cell. `nbgrader_cells` repairs the cells of a submitted notebook, both in this export and when
    nbgrader itself grades.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from grader.core.errors import UsageError
from grader.core.visible_text import show_invisible
from grader.course.notebooks import CHECK_CELL_ID
from grader.exports.export_data import ClassResults, ExportOptions, ExportSummary, ScoreCell, StudentResult
from grader.exports.result_text import (
    check_text,
    check_title,
    format_points,
    points_line,
    reason_without_score,
    visible_lines,
)
from grader.grading.verdicts.record import FunctionRecord

OURS = "autograded"
"""Key in the metadata of each notebook that this export writes.

A notebook in autograded/ without this key was written by nbgrader, so the export keeps it.
"""


def export(results: ClassResults, options: ExportOptions) -> ExportSummary:
    """Write into gradebook.db, and write those notebooks in autograded/ that nbgrader has not written.

    Raises UsageError if nbgrader is not installed, if there is no gradebook, or if its points differ.
    """
    try:
        api = import_module("nbgrader.api")
    except ImportError:
        cure = "pip install 'autograded[instructor]'"
        raise UsageError("--to nbgrader needs nbgrader, which is not installed. Run: {cure}", cure=cure) from None
    database = options.output_file("gradebook.db")
    if not database.is_file():
        raise UsageError(
            "--into {path} has no gradebook.db. Pass the nbgrader course folder, "
            "after you have run `nbgrader generate_assignment` there",
            path=options.into,
        )
    with (
        _file_to_edit(database.resolve(), options) as edited,
        api.Gradebook(f"sqlite:///{edited}") as gradebook,
    ):
        writer = _Writer(gradebook, edited, database.resolve().parent, results, options, api.MissingEntry)
        writer.check_points()
        for student in results.students:
            writer.write(student)
    files = [database, *writer.files]
    return ExportSummary(files, writer.notes, writer.unwritten, writer.cells)


@contextlib.contextmanager
def _file_to_edit(database: Path, options: ExportOptions) -> Iterator[Path]:
    """Yield the path of the gradebook; for `--dry-run`, the path of a copy, which is removed afterwards."""
    if options.collected is None:
        yield database
        return
    with tempfile.TemporaryDirectory(prefix="autograded-") as folder:
        yield Path(shutil.copy(database, folder))


@dataclass(frozen=True)
class _GradebookNotebook:
    """A notebook of an assignment in the gradebook; `points` maps the name of each check cell to its maximum points."""

    assignment: str
    notebook: str
    points: Mapping[str, float]


@dataclass
class _Writer:
    """Writes scores and notebooks.

    database: the gradebook, or a copy of it.
    folder: the course folder of nbgrader.
    missing: the exception that nbgrader raises for an entry that is not in the gradebook.
    """

    gradebook: Any
    database: Path
    folder: Path
    results: ClassResults
    options: ExportOptions
    missing: type[Exception]
    files: list[Path] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unwritten: list[str] = field(default_factory=list)
    cells: list[ScoreCell] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.notebooks: dict[str, list[_GradebookNotebook]] = {}
        for assignment in self.gradebook.assignments:
            for notebook in assignment.notebooks:
                maxima = {cell.name: float(cell.max_score) for cell in notebook.grade_cells}
                entry = _GradebookNotebook(assignment.name, notebook.name, maxima)
                self.notebooks.setdefault(notebook.name, []).append(entry)

    def check_points(self) -> None:
        """Compare the maximum points of each function with those of its check cell in the gradebook.

        Raises UsageError that names all functions whose points differ.
        """
        wrong = {}
        for record in (record for student in self.results.students for record in student.records):
            for entry in self.notebooks.get(record.exercise, []):
                maximum = entry.points.get(CHECK_CELL_ID.format(function=record.function))
                if maximum is not None and round(maximum, 2) != round(record.max_score, 2):
                    both = f"{format_points(maximum)}, {format_points(record.max_score)}"
                    wrong[record.function] = f"{record.function}: {both}"
        if wrong:
            raise UsageError(
                "{file}: the gradebook and these results have different points (gradebook, results): {points}. "
                "Release the course again, then run `nbgrader generate_assignment`",
                file=self.folder / self.database.name,
                points="; ".join(wrong.values()),
            )
        exercises = {record.exercise for student in self.results.students for record in student.records}
        if absent := sorted(exercises - self.notebooks.keys()):
            text = self.results.tr("exercises that are not in the gradebook and so not exported: {names}")
            self.notes.append(text.format(names=", ".join(absent)))

    def write(self, student: StudentResult) -> None:
        """Write the scores and comments of one student, and the notebooks that show them."""
        if student.is_skipped:
            return
        visible = {record.function: self.results.visible_part(record) for record in student.records}
        ungraded = []
        for entry in self._notebooks_of(student):
            records = [record for record in student.records if record.exercise == entry.notebook]
            self._update_submission(student, entry)
            scored: dict[str, tuple[float | None, str]] = {}
            for record in records:
                score = student.function_score(record)
                feedback = "\n".join(self._feedback_lines(student, visible[record.function]))
                self._grade(student, entry, record)
                self._comment(student, entry, record, feedback)
                scored[record.function] = (score, feedback)
                ungraded += [record.function] if score is None else []
            self._write_notebook(student, entry, scored)
        self.gradebook.db.commit()
        if ungraded and student.score is not None:
            text = self.results.tr(
                "{student}: a person has set the total, but nbgrader also needs the scores of: {functions}"
            )
            self.unwritten.append(text.format(student=show_invisible(student.id), functions=", ".join(ungraded)))

    def _notebooks_of(self, student: StudentResult) -> Iterator[_GradebookNotebook]:
        """Yield the notebooks that this student submitted."""
        for exercise in dict.fromkeys(record.exercise for record in student.records):
            is_submitted = any(r.outcome != "missing" for r in student.records if r.exercise == exercise)
            is_submitted = is_submitted or (student.as_zero and student.final.missing)
            for entry in self.notebooks.get(exercise, []):
                is_only = len(self.notebooks[exercise]) == 1
                if self._folder("submitted", student, entry).is_dir() or (is_submitted and is_only):
                    yield entry

    def _folder(self, step: str, student: StudentResult, entry: _GradebookNotebook) -> Path:
        return self.folder / step / student.id / entry.assignment

    def _update_submission(self, student: StudentResult, entry: _GradebookNotebook) -> None:
        self.gradebook.update_or_create_student(student.id, **({"email": student.email} if student.email else {}))
        time: dict[str, Any] = {}
        with contextlib.suppress(OSError, UnicodeDecodeError):
            stamp = (self._folder("submitted", student, entry) / "timestamp.txt").read_text("utf-8").strip()
            time = {"timestamp": stamp} if stamp else {}
        if not time and student.metadata.submitted is not None:
            time = {"timestamp": student.metadata.submitted}
        self.gradebook.update_or_create_submission(entry.assignment, student.id, **time)

    def _grade(self, student: StudentResult, entry: _GradebookNotebook, record: FunctionRecord) -> None:
        cell = CHECK_CELL_ID.format(function=record.function)
        if cell not in entry.points:
            return
        grade = self.gradebook.find_grade(cell, entry.notebook, entry.assignment, student.id)
        score = student.function_score(record)
        self.cells.append(self._score_cell(student, record, grade))
        if score is not None:
            grade.auto_score = round(score, 2)
        # As in nbgrader, a person must review scores that a person entered before, and functions without a score.
        grade.needs_manual_grade = grade.manual_score is not None or score is None

    def _score_cell(self, student: StudentResult, record: FunctionRecord, grade: Any) -> ScoreCell:
        """Return the cell of a function: its score in the gradebook before the export, and the score after it."""
        tr, score = self.results.tr, student.function_score(record)
        before = "" if grade.auto_score is None else f"{grade.auto_score:.2f}"
        after, why = (before, reason_without_score(student, tr)) if score is None else (f"{score:.2f}", "")
        if grade.manual_score is not None:
            before = after = f"{grade.manual_score:.2f}"
            why = tr("score entered in nbgrader, which nbgrader uses")
        return ScoreCell(student.id, student.name, before, after, why, record.function)

    def _comment(self, student: StudentResult, entry: _GradebookNotebook, record: FunctionRecord, text: str) -> None:
        with contextlib.suppress(self.missing):  # a notebook that an instructor wrote by hand has no answer cells
            comment = self.gradebook.find_comment(record.function, entry.notebook, entry.assignment, student.id)
            comment.auto_comment = text

    def _feedback_lines(self, student: StudentResult, record: FunctionRecord) -> Iterator[str]:
        """Yield the student's feedback on one function: a line for each check, and the messages of failed checks."""
        tr = self.results.tr
        if record.function in student.final.scores:
            points = points_line(student.final.scores[record.function], record.max_score, tr)
            yield tr("Score set by your instructor: {points}").format(points=points)
            yield from filter(None, [visible_lines(student.final.comments.get(record.function, ""))])
            return
        if record.outcome in ("not_attempted", "missing"):
            yield tr("not started") if record.outcome == "not_attempted" else tr("no function of this name was found")
            return
        if record.score is None:
            yield tr("ungraded")
            return
        for check in record.checks:
            mark = "✓" if check.passed else "✗"
            yield f"{mark} {format_points(check.points)}/{format_points(check.max_points)}  {check_title(check)}"
            if not check.passed:
                yield from (f"    {line}" for line in check_text(check).splitlines())

    def _write_notebook(
        self, student: StudentResult, entry: _GradebookNotebook, scored: Mapping[str, tuple[float | None, str]]
    ) -> None:
        """Write a notebook into autograded/, as nbgrader does, with the feedback as the output of the check cells."""
        submitted = self._folder("submitted", student, entry) / f"{entry.notebook}.ipynb"
        target = self._folder("autograded", student, entry) / f"{entry.notebook}.ipynb"
        is_name = student.id not in ("", ".", "..") and not set(student.id) & set("/\\\0")
        if not is_name or not submitted.is_file() or not _may_write(target):
            return
        self.gradebook.db.commit()  # nbgrader's preprocessors open the gradebook again, and must find the scores
        try:
            data = _with_outputs(submitted, self.database, entry.assignment, student.id, scored)
        except Exception as error:  # noqa: BLE001  (a broken notebook must not stop the export of its scores)
            text = self.results.tr("{student}: the notebook cannot be shown in formgrader ({error})")
            reason = visible_lines(" ".join(f"{type(error).__name__}: {error}".split())[:200])
            self.notes.append(text.format(student=show_invisible(student.id), error=reason))
            return
        self.options.write(target, data.encode())
        with contextlib.suppress(OSError):
            stamp = submitted.with_name("timestamp.txt").read_bytes()
            self.options.write(target.with_name("timestamp.txt"), stamp)
        self.files.append(target)


def _may_write(target: Path) -> bool:
    """Return whether `target` may be written: it does not exist, or it is a notebook that this export wrote."""
    if not target.exists():
        return True
    try:
        return bool(import_module("nbformat").read(target, as_version=4).metadata.get(OURS))
    except Exception:  # noqa: BLE001  (this export did not write a notebook that cannot be read)
        return False


def _with_outputs(
    file: Path, database: Path, assignment: str, student: str, scored: Mapping[str, tuple[float | None, str]]
) -> str:
    """Return a submitted notebook as nbgrader's preprocessors change it, with the feedback in each check cell."""
    nbformat = import_module("nbformat")
    preprocessors = import_module("nbgrader.preprocessors")
    ours = import_module("grader.exports.nbgrader_cells")  # imported here, because it imports nbgrader
    notebook = nbformat.read(file, as_version=4)
    info = {"notebook": file.stem, "assignment": assignment, "student": student, "db_url": f"sqlite:///{database}"}
    resources: Any = {"nbgrader": info}
    kinds: Sequence[Any] = (
        preprocessors.ClearOutput,
        preprocessors.DeduplicateIds,
        ours.OrderCells,
        preprocessors.OverwriteCells,
    )
    for kind in kinds:
        notebook, resources = kind().preprocess(notebook, resources)
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        for function, (score, text) in scored.items():
            if name == CHECK_CELL_ID.format(function=function):
                new = nbformat.v4.new_output
                cell.outputs = [new("stream", name="stdout", text=text + "\n")]
                if score is not None:
                    value = {"text/plain": repr(round(score, 2))}
                    cell.outputs.append(new("execute_result", data=value, execution_count=None))
    notebook.metadata[OURS] = True
    return str(nbformat.writes(notebook, version=4))
