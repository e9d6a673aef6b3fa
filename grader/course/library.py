"""What authors keep beside the exercises: solutions, mistakes, alternatives, stubs. Read once, faults collected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import CodeType

from grader.core.errors import AuthoringError, AuthoringErrors
from grader.core.outcome_text import outcome_summary
from grader.course.discovery import NOTEBOOKS, PUBLIC, SOLUTIONS, read_course
from grader.course.exercise import Course, Exercise
from grader.course.hints import Hints, read_hints
from grader.course.lessons import Lesson, read_lesson
from grader.course.mistakes import Mistake, read_mistakes
from grader.course.passed_checks import PassedChecks, passed_checks_file, read_passed_checks
from grader.course.stubs import cut_stub
from grader.execution.guest.student_code.submitted_modules import SourceFile, compile_source, find_bound_names


@dataclass(frozen=True)
class Shelf:
    """One exercise with everything that belongs to it.

    `hints` are those of the functions that have all three; `unhinted` says what is missing or wrong in the others.
    Grading goes without; the doctor and sync report it. `passed_checks` says on which checks a mistake need not be run.
    """

    exercise: Exercise
    solution: str
    stub: str
    mistakes: tuple[Mistake, ...]
    alternatives: tuple[SourceFile, ...]
    lesson: Lesson = field(default_factory=Lesson)
    hints: Mapping[str, Hints] = field(default_factory=dict)
    unhinted: tuple[AuthoringError, ...] = ()
    passed_checks: PassedChecks = field(default_factory=dict)

    @property
    def file(self) -> str:
        """The name of the stub file."""
        return f"{self.exercise.name}.py"

    @property
    def notebook(self) -> str:
        """The name of the notebook."""
        return f"{self.exercise.name}.ipynb"

    def mistakes_of(self, function: str) -> list[Mistake]:
        """The known mistakes of one function."""
        return [mistake for mistake in self.mistakes if mistake.function == function]

    def alternatives_of(self, function: str) -> Iterator[SourceFile]:
        """The alternatives that define a function."""
        for file in self.alternatives:
            code = compile_source(file)
            if isinstance(code, CodeType) and function in find_bound_names(code):
                yield file


@dataclass(frozen=True)
class Library:
    """A course and what its authors keep; mistakes are found by id."""

    course: Course
    shelves: dict[str, Shelf]

    @cached_property
    def mistakes(self) -> dict[str, Mistake]:
        """Every known mistake by its id."""
        return {mistake.id: mistake for shelf in self.shelves.values() for mistake in shelf.mistakes}

    @property
    def experiment_files(self) -> list[tuple[str, bytes]]:
        """What a zygote needs: every file of experiments."""
        return [(str(file), file.read_bytes()) for exercise in self.course.exercises for file in exercise.files]

    @property
    def stub_files(self) -> set[str]:
        """The names of the stub files."""
        return {shelf.file for shelf in self.shelves.values()}

    @property
    def homes(self) -> dict[str, str]:
        """The stem of the stub file of every function."""
        return {function: exercise.name for function, exercise in self.course.home.items()}

    def sources(self, exercise: str) -> Iterator[bytes]:
        """Everything of the course that the verdicts on an exercise depend on."""
        shelf = self.shelves[exercise]
        return _sources(self.course.root, shelf.exercise, shelf.solution)


def open_library(root: Path) -> Library:
    """Read a course with its solutions. Raises AuthoringErrors, all at once."""
    course = read_course(root)
    errors: list[AuthoringError] = []
    shelves = {exercise.name: _shelf(root, exercise, errors) for exercise in course.exercises}
    errors += _strays(root, set(shelves))
    if errors:
        raise AuthoringErrors(errors)
    return Library(course, shelves)


def _shelf(root: Path, exercise: Exercise, errors: list[AuthoringError]) -> Shelf:
    folder = root / SOLUTIONS
    file = folder / f"{exercise.name}.py"
    if not file.is_file():
        errors.append(AuthoringError(file, "the exercise has no solution", "write it"))
        return Shelf(exercise, "", "", (), ())
    solution = file.read_text("utf-8")
    stub, faults = cut_stub(solution, file, dict(exercise.points))
    passed = read_passed_checks(passed_checks_file(root, exercise.name), _sources(root, exercise, solution))
    # What belongs to the very same mistakes was made from sound ones.
    mistakes, more = read_mistakes(folder / "mistakes" / f"{exercise.name}.toml", solution, sound=passed is not None)
    lesson, wrong = read_lesson(folder / NOTEBOOKS / f"{exercise.name}.md", exercise.points)
    errors += faults + more + wrong
    alternatives = sorted((folder / "alternatives").glob(f"{exercise.name}_*.py"))
    files = tuple(SourceFile(path.name, path.read_bytes()) for path in alternatives)
    unread = [(folder / "alternatives" / f.path, p) for f in files if not isinstance(p := compile_source(f), CodeType)]
    errors += [
        AuthoringError(path, f"cannot be read: {outcome_summary(problem)}", "mend the file") for path, problem in unread
    ]
    hints, unhinted = read_hints(folder / "hints" / f"{exercise.name}.toml", list(exercise.points), solution)
    return Shelf(exercise, solution, stub, tuple(mistakes), files, lesson, hints, tuple(unhinted), passed or {})


def _sources(root: Path, exercise: Exercise, solution: str) -> Iterator[bytes]:
    yield solution.encode()
    mistakes = root / SOLUTIONS / "mistakes" / f"{exercise.name}.toml"
    yield mistakes.read_bytes() if mistakes.is_file() else b""
    for file in exercise.files:
        yield file.read_bytes()


def _strays(root: Path, known: set[str]) -> Iterator[AuthoringError]:
    """Files beside the exercises that belong to none: a renamed exercise, a typing error."""
    for path in sorted([*(root / SOLUTIONS).rglob("*.*"), *(root / PUBLIC).glob("*.py")]):
        stem = path.stem.removeprefix("test_")
        alternative = path.parent.name == "alternatives" and any(stem.startswith(f"{name}_") for name in known)
        if path.suffix in (".py", ".toml", ".md") and stem not in {*known, "conftest"} and not alternative:
            yield AuthoringError(path, "it belongs to no exercise", "rename it after its exercise, or remove it")
