"""`Library`: a course with its solutions, mistakes, alternative solutions, hints and lessons.

`open_library` collects all faults before it raises an error, so that an author can fix all of them after one run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import CodeType

from grader.core.errors import AuthoringError, AuthoringErrors
from grader.core.hashing import digest
from grader.core.outcome_text import outcome_summary
from grader.course.discovery import HIDDEN, NOTEBOOKS, PUBLIC, SOLUTIONS, is_experiment_file, read_course
from grader.course.docstrings import keep_language
from grader.course.exercise import Course, Exercise
from grader.course.hints import Hints, read_hints
from grader.course.lessons import Lesson, read_lesson
from grader.course.mistakes import Mistake, read_mistakes
from grader.course.passed_checks import Behaviors, passed_checks_file, read_passed_checks
from grader.course.stubs import cut_stub
from grader.execution.guest.student_code.source_file import SourceFile, compile_source, find_bound_names


@dataclass(frozen=True)
class ExerciseFiles:
    """An exercise with the contents of its files.

    solution: source of the solution.
    stub: the solution without the answers: the file that students complete.
    hints: the three hints of each function whose hints are complete.
    hint_errors: errors about missing or wrong hints. Grading ignores these errors; the doctor and sync report them.
    behaviors: recorded behavior of each mistake, so that grading need not run a mistake on every check.
    """

    exercise: Exercise
    solution: str
    stub: str
    mistakes: tuple[Mistake, ...]
    alternatives: tuple[SourceFile, ...]
    lesson: Lesson = field(default_factory=Lesson)
    hints: Mapping[str, Hints] = field(default_factory=dict)
    hint_errors: tuple[AuthoringError, ...] = ()
    behaviors: Behaviors = field(default_factory=dict)

    @property
    def file(self) -> str:
        """File name of the stub and of a student's answer: EXERCISE.py."""
        return f"{self.exercise.name}.py"

    @property
    def notebook(self) -> str:
        """File name of the notebook: EXERCISE.ipynb."""
        return f"{self.exercise.name}.ipynb"

    def stub_in(self, language: str | None) -> str:
        """Return the stub with docstrings in one language; None keeps the docstrings in all languages."""
        return keep_language(self.stub, language)

    def mistakes_of(self, function: str) -> list[Mistake]:
        """Return the known mistakes of one function in the order of their file."""
        return [mistake for mistake in self.mistakes if mistake.function == function]

    def alternatives_of(self, function: str) -> Iterator[SourceFile]:
        """Yield the files of alternative solutions that define a function."""
        for file in self.alternatives:
            code = compile_source(file)
            if isinstance(code, CodeType) and function in find_bound_names(code):
                yield file


@dataclass(frozen=True)
class Library:
    """A course, with the contents of the files of each exercise by the exercise's name."""

    course: Course
    exercise_files: dict[str, ExerciseFiles]

    @cached_property
    def mistakes(self) -> dict[str, Mistake]:
        """All known mistakes by id."""
        return {mistake.id: mistake for files in self.exercise_files.values() for mistake in files.mistakes}

    @property
    def has_adopted_mistakes(self) -> bool:
        """Whether the course has an adopted mistake, whose code a student wrote."""
        return any(mistake.adopted for files in self.exercise_files.values() for mistake in files.mistakes)

    @property
    def experiment_files(self) -> list[tuple[str, bytes]]:
        """Path and content of each file of experiments, public and hidden. A zygote loads these files."""
        return [(str(file), file.read_bytes()) for exercise in self.course.exercises for file in exercise.files]

    @property
    def stub_files(self) -> set[str]:
        """Names of all stub files, such as ex1_losses.py."""
        return {files.file for files in self.exercise_files.values()}

    @property
    def module_of(self) -> dict[str, str]:
        """The module of each function: the name of its stub file without .py."""
        return {function: exercise.name for function, exercise in self.course.exercise_of.items()}

    def sources(self, exercise: str, mistakes: bool = True) -> Iterator[bytes]:
        """Yield the contents of the files on which the verdicts of an exercise depend.

        If `mistakes` is False, the file of known mistakes is left out.
        """
        files = self.exercise_files[exercise]
        return _sources(self.course.root, files.exercise, files.solution, mistakes)

    @cached_property
    def mistake_hashes(self) -> dict[str, str]:
        """For each function, a hash of the ids and the code of its known mistakes, on which diagnosis depends."""
        parts: dict[str, list[str]] = {function: [] for function in self.course.exercise_of}
        for files in self.exercise_files.values():
            for mistake in files.mistakes:
                parts[mistake.function] += (mistake.id, mistake.source, mistake.fatal_outcome)
        return {function: digest(*of_function) for function, of_function in parts.items()}


def open_library(root: Path) -> Library:
    """Return the course in the folder `root` with the contents of its files. Raises AuthoringErrors with all faults."""
    course = read_course(root)
    errors: list[AuthoringError] = []
    exercise_files = {exercise.name: _read_files(root, exercise, errors) for exercise in course.exercises}
    errors += _stray_files(root, set(exercise_files))
    if errors:
        raise AuthoringErrors(errors)
    return Library(course, exercise_files)


def _read_files(root: Path, exercise: Exercise, errors: list[AuthoringError]) -> ExerciseFiles:
    folder = root / SOLUTIONS
    file = folder / f"{exercise.name}.py"
    if not file.is_file():
        errors.append(AuthoringError(file, "the exercise has no solution", "write this file"))
        return ExerciseFiles(exercise, "", "", (), ())
    alternatives = sorted((folder / "alternatives").glob(f"{exercise.name}_*.py"))
    mistakes_file = folder / "mistakes" / f"{exercise.name}.toml"
    if unreadable := list(_unreadable([file, mistakes_file], alternatives)):
        errors += unreadable
        return ExerciseFiles(exercise, "", "", (), ())
    solution = file.read_text("utf-8")
    languages = exercise.languages
    stub, faults = cut_stub(solution, file, dict(exercise.points), languages)
    passed = read_passed_checks(passed_checks_file(root, exercise.name), _sources(root, exercise, solution))
    # If there is a valid file of passed checks, `grader sync` has parsed all mistakes, so they are not parsed again.
    mistakes, more = read_mistakes(mistakes_file, solution, languages, parsed_before=passed is not None)
    lesson, wrong = read_lesson(folder / NOTEBOOKS / f"{exercise.name}.md", exercise.points, languages)
    errors += faults + more + wrong
    files = tuple(SourceFile(path.name, path.read_bytes(), strict=True) for path in alternatives)
    unread = [(folder / "alternatives" / f.path, p) for f in files if not isinstance(p := compile_source(f), CodeType)]
    errors += [
        AuthoringError(path, f"cannot be read: {outcome_summary(problem)}", "correct the file")
        for path, problem in unread
    ]
    hints_file = folder / "hints" / f"{exercise.name}.toml"
    hints, hint_errors = read_hints(hints_file, list(exercise.points), solution, languages)
    return ExerciseFiles(
        exercise, solution, stub, tuple(mistakes), files, lesson, hints, tuple(hint_errors), passed or {}
    )


def _unreadable(texts: Iterable[Path], sources: Iterable[Path]) -> Iterator[AuthoringError]:
    """Yield an error for each existing file that cannot be read.

    The files `texts` must be UTF-8. The files `sources` may be in any encoding that their coding line declares.
    """
    for path, encoding in [*((text, "utf-8") for text in texts), *((source, "latin-1") for source in sources)]:
        try:
            if path.exists():
                path.read_text(encoding)
        except OSError as error:
            yield AuthoringError(path, f"cannot be read: {error.strerror}", "make it a file that you may read")
        except UnicodeDecodeError as error:
            yield AuthoringError(path, f"cannot be read: no UTF-8 at byte {error.start}", "save it as UTF-8 text")


def _sources(root: Path, exercise: Exercise, solution: str, mistakes: bool = True) -> Iterator[bytes]:
    yield solution.encode()
    if mistakes:
        file = root / SOLUTIONS / "mistakes" / f"{exercise.name}.toml"
        yield file.read_bytes() if file.is_file() else b""
    for file in exercise.files:
        yield file.read_bytes()


def _stray_files(root: Path, known: set[str]) -> Iterator[AuthoringError]:
    """Yield an error for each file that belongs to no exercise: an exercise was renamed, or a name is misspelled."""
    hidden = filter(is_experiment_file, (root / HIDDEN).glob("test_*.py"))
    for path in sorted([*(root / SOLUTIONS).rglob("*.*"), *(root / PUBLIC).glob("*.py"), *hidden]):
        stem = path.stem.removeprefix("test_")
        alternative = path.parent.name == "alternatives" and any(stem.startswith(f"{name}_") for name in known)
        if path.suffix in (".py", ".toml", ".md") and stem not in {*known, "conftest"} and not alternative:
            cure = "rename the file after its exercise, or remove it"
            yield AuthoringError(path, "the file belongs to no exercise", cure)
