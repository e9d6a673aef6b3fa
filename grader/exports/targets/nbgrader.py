"""nbgrader: scores and comments in the gradebook of a course, and the notebooks that formgrader shows beside them.

The gradebook is written through nbgrader's own interface. What a person entered there, a score or a comment, stays and
counts. `--into` is the course folder, after `nbgrader generate_assignment`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from grader.core.errors import UsageError
from grader.course.notebooks import CHECK_CELL_ID
from grader.exports.cell_text import claim, points, shown
from grader.exports.export_data import Exported, Order, Results, StudentResult
from grader.grading.verdicts.record import FunctionRecord

OURS = "autograded"
"""Key in the metadata of a notebook that this export wrote: another one in its place is nbgrader's own."""


def export(results: Results, order: Order) -> Exported:
    """Write gradebook.db, and autograded/ for who has no notebook of nbgrader's own there. Raises UsageError."""
    try:
        api = import_module("nbgrader.api")
    except ImportError:
        cure = "pip install 'autograded[instructor]'"
        raise UsageError("--to nbgrader: nbgrader is not installed: {cure}", cure=cure) from None
    database = order.file("gradebook.db")
    if not database.is_file():
        raise UsageError(
            "--into {path}: no gradebook.db in it: "
            "name the course folder, and run `nbgrader generate_assignment` there first",
            path=order.into,
        )
    with api.Gradebook(f"sqlite:///{database.resolve()}") as gradebook:
        writer = _Writer(gradebook, database.resolve(), results, api.MissingEntry)
        writer.check_points()
        for student in results.students:
            writer.write(student)
    files = [database, *writer.files]
    return Exported(files, notes=writer.notes, left_out=writer.left_out)


@dataclass(frozen=True)
class _GradebookNotebook:
    """Where the gradebook keeps an exercise, and the maximum of each of its cells of checks."""

    assignment: str
    notebook: str
    points: Mapping[str, float]


@dataclass
class _Writer:
    gradebook: Any
    database: Path
    results: Results
    missing: type[Exception]
    files: list[Path] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.places: dict[str, list[_GradebookNotebook]] = {}
        for assignment in self.gradebook.assignments:
            for notebook in assignment.notebooks:
                maxima = {cell.name: float(cell.max_score) for cell in notebook.grade_cells}
                place = _GradebookNotebook(assignment.name, notebook.name, maxima)
                self.places.setdefault(notebook.name, []).append(place)

    def check_points(self) -> None:
        """Every function must have its cell, with the same maximum. Raises UsageError, naming all that have not."""
        wrong = {}
        for record in (record for student in self.results.students for record in student.records):
            for place in self.places.get(record.exercise, []):
                maximum = place.points.get(CHECK_CELL_ID.format(function=record.function))
                if maximum is not None and round(maximum, 2) != round(record.max_score, 2):
                    wrong[record.function] = f"{record.function}: {points(maximum)}, {points(record.max_score)}"
        if wrong:
            raise UsageError(
                "{file}: other points than these results have ({points}): "
                "release the course anew, and run `nbgrader generate_assignment`",
                file=self.database,
                points="; ".join(wrong.values()),
            )
        exercises = {record.exercise for student in self.results.students for record in student.records}
        if absent := sorted(exercises - self.places.keys()):
            text = self.results.tr("not in the gradebook, and left out: {names}")
            self.notes.append(text.format(names=", ".join(absent)))

    def write(self, student: StudentResult) -> None:
        """The scores and comments of one student, and the notebooks to see them in."""
        seen = {record.function: record for record in self.results.shown_to(student)}
        unjudged = []
        for place in self._places_of(student):
            records = [record for record in student.records if record.exercise == place.notebook]
            self._submission(student, place)
            for record in records:
                self._grade(student, place, record)
                self._comment(student, place, record, "\n".join(self._words(seen[record.function])))
                unjudged += [record.function] if student.score_of(record) is None else []
            with_words = {r.function: (student.score_of(r), "\n".join(self._words(seen[r.function]))) for r in records}
            self._notebook(student, place, with_words)
        self.gradebook.db.commit()
        if unjudged:
            text = self.results.tr("{student}: not judged, and left to a person: {functions}")
            self.left_out.append(text.format(student=shown(student.id), functions=", ".join(unjudged)))

    def _places_of(self, student: StudentResult) -> Iterator[_GradebookNotebook]:
        """The places of what this student handed in."""
        for exercise in dict.fromkeys(record.exercise for record in student.records):
            handed_in = any(r.outcome != "missing" for r in student.records if r.exercise == exercise)
            for place in self.places.get(exercise, []):
                alone = len(self.places[exercise]) == 1
                if self._folder("submitted", student, place).is_dir() or (handed_in and alone):
                    yield place

    def _folder(self, step: str, student: StudentResult, place: _GradebookNotebook) -> Path:
        return self.database.parent / step / student.id / place.assignment

    def _submission(self, student: StudentResult, place: _GradebookNotebook) -> None:
        self.gradebook.update_or_create_student(student.id, **({"email": student.email} if student.email else {}))
        when: dict[str, Any] = {}
        with contextlib.suppress(OSError, UnicodeDecodeError):
            stamp = (self._folder("submitted", student, place) / "timestamp.txt").read_text("utf-8").strip()
            when = {"timestamp": stamp} if stamp else {}
        if not when and student.about.submitted is not None:
            when = {"timestamp": student.about.submitted}
        self.gradebook.update_or_create_submission(place.assignment, student.id, **when)

    def _grade(self, student: StudentResult, place: _GradebookNotebook, record: FunctionRecord) -> None:
        cell = CHECK_CELL_ID.format(function=record.function)
        if cell not in place.points:
            return
        grade = self.gradebook.find_grade(cell, place.notebook, place.assignment, student.id)
        score = student.score_of(record)
        grade.auto_score = None if score is None else round(score, 2)
        # As nbgrader does: a person looks again at what a person had scored, and at what has no score.
        grade.needs_manual_grade = grade.manual_score is not None or score is None

    def _comment(self, student: StudentResult, place: _GradebookNotebook, record: FunctionRecord, words: str) -> None:
        with contextlib.suppress(self.missing):  # a notebook of the instructor's own making, without answer cells
            found = self.gradebook.find_comment(record.function, place.notebook, place.assignment, student.id)
            found.auto_comment = words

    def _words(self, record: FunctionRecord) -> Iterator[str]:
        """What a student reads about one function: the checks that failed, with what was found."""
        tr = self.results.tr
        if record.outcome in ("not_attempted", "missing"):
            yield tr("not started") if record.outcome == "not_attempted" else tr("no function of this name was found")
            return
        if record.score is None:
            yield tr("not judged")
            return
        for check in record.checks:
            mark = "✓" if check.passed else "✗"
            yield f"{mark} {points(check.points)}/{points(check.max_points)}  {claim(check)}"
            if not check.passed:
                yield from (f"    {line}" for line in shown(check.message).splitlines())

    def _notebook(
        self, student: StudentResult, place: _GradebookNotebook, scored: Mapping[str, tuple[float | None, str]]
    ) -> None:
        """The notebook as nbgrader would leave it in autograded/, with our words as the output of its checks."""
        handed_in = self._folder("submitted", student, place) / f"{place.notebook}.ipynb"
        target = self._folder("autograded", student, place) / f"{place.notebook}.ipynb"
        is_name = student.id not in ("", ".", "..") and not set(student.id) & set("/\\\0")
        if not is_name or not handed_in.is_file() or not _may_write(target):
            return
        self.gradebook.db.commit()  # nbgrader's own preparation opens the gradebook, too
        try:
            data = _with_outputs(handed_in, self.database, place.assignment, student.id, scored)
        except Exception as error:  # noqa: BLE001  (a student's notebook may be broken in any way: the scores stand)
            text = self.results.tr("{student}: the notebook cannot be shown in formgrader ({error})")
            words = shown(" ".join(f"{type(error).__name__}: {error}".split())[:200])
            self.notes.append(text.format(student=shown(student.id), error=words))
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        target.write_text(data, "utf-8")
        with contextlib.suppress(OSError):
            stamp = handed_in.with_name("timestamp.txt").read_bytes()
            target.with_name("timestamp.txt").write_bytes(stamp)
        self.files.append(target)


def _may_write(target: Path) -> bool:
    """Whether nothing is there, or a notebook that this export wrote."""
    if not target.exists():
        return True
    try:
        return bool(import_module("nbformat").read(target, as_version=4).metadata.get(OURS))
    except Exception:  # noqa: BLE001  (broken in any way: not ours)
        return False


def _with_outputs(
    file: Path, database: Path, assignment: str, student: str, scored: Mapping[str, tuple[float | None, str]]
) -> str:
    """A submitted notebook after nbgrader's own preparation, with an output in each cell of checks."""
    nbformat = import_module("nbformat")
    preprocessors = import_module("nbgrader.preprocessors")
    ours = import_module("grader.exports.nbgrader_cells")  # imports nbgrader, as this module must not yet
    notebook = nbformat.read(file, as_version=4)
    about = {"notebook": file.stem, "assignment": assignment, "student": student, "db_url": f"sqlite:///{database}"}
    resources: Any = {"nbgrader": about}
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
        for function, (score, words) in scored.items():
            if name == CHECK_CELL_ID.format(function=function):
                new = nbformat.v4.new_output
                cell.outputs = [new("stream", name="stdout", text=words + "\n")]
                if score is not None:
                    value = {"text/plain": repr(round(score, 2))}
                    cell.outputs.append(new("execute_result", data=value, execution_count=None))
    notebook.metadata[OURS] = True
    return str(nbformat.writes(notebook, version=4))
