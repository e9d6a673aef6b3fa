"""What goes into a package: the grader itself, the course, pinned requirements, settings."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

from grader.core.files import write_atomically
from grader.core.package_paths import PACKAGE
from grader.declare.catalog import HIDDEN, PUBLIC, SOLUTIONS
from grader.declare.exercise import Course
from grader.faces.packages import FILES

SETTINGS = "autograder.json"
NEEDED = ("torch", "numpy", "msgspec", "rich", "typer", "pytest", "watchfiles", "Jinja2", "pyseccomp", "scikit-learn")
"""What grading imports. torch and what it brings along is installed first, from an index without CUDA."""
EXECUTABLE = 0o755
MOMENT = (2000, 1, 1, 0, 0, 0)
"""The time of the files in an archive: the same course gives the same bytes."""


class Settings(msgspec.Struct, frozen=True):
    """How the container grades: settled when it is packed, so that everybody is asked the same."""

    only: list[str]
    seed: int
    sandbox: str
    time_limit: float
    memory_limit: int
    language: str


@dataclass(frozen=True)
class Parts:
    """A course, and how it is to be graded where the package goes. `points` are those of every function."""

    course: Course
    settings: Settings
    points: Mapping[str, float]
    extra: Mapping[str, str]

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Path and bytes of everything that grading needs: the grader, the course with all its secrets, settings."""
        yield SETTINGS, msgspec.json.format(msgspec.json.encode(self.settings), indent=2) + b"\n"
        yield "requirements.txt", requirements().encode()
        for file in sorted(PACKAGE.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                yield f"grader/{file.relative_to(PACKAGE).as_posix()}", file.read_bytes()
        for path in self._of_the_course():
            yield f"course/{path.as_posix()}", (self.course.root / path).read_bytes()

    def _of_the_course(self) -> Iterator[Path]:
        """Solutions, mistakes, public and hidden experiments, the policy; no submissions, no notebooks of students."""
        root = self.course.root
        for folder in (PUBLIC, SOLUTIONS, HIDDEN):
            for file in sorted((root / folder).rglob("*")):
                if file.is_file() and not file.is_symlink() and "__pycache__" not in file.parts:
                    yield file.relative_to(root)
        if (root / "grader.toml").is_file():
            yield Path("grader.toml")


def requirements() -> str:
    """The versions that are installed here, pinned, torch first; what is not installed is named without one."""
    lines = []
    for name in NEEDED:
        try:
            lines.append(f"{name}=={version(name).partition('+')[0]}")
        except PackageNotFoundError:
            lines.append(name)
    return "\n".join(lines) + "\n"


def script(name: str) -> bytes:
    """One of our scripts, with the line ends that a shell wants."""
    return (FILES / name).read_bytes().replace(b"\r\n", b"\n")


def write_zip(into: Path, files: Mapping[str, bytes], executable: frozenset[str]) -> None:
    """Write an archive whose scripts may be run. Raises UsageError."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, MOMENT)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (0o100000 | (EXECUTABLE if name in executable else 0o644)) << 16
            archive.writestr(info, data)
    write_atomically(into, made.getvalue())


def write_folder(into: Path, files: Mapping[str, bytes], executable: frozenset[str] = frozenset()) -> list[Path]:
    """Write files below a folder. Raises UsageError."""
    written = []
    for name, data in files.items():
        write_atomically(into / name, data)
        if name in executable:
            (into / name).chmod(EXECUTABLE)
        written.append(into / name)
    return written
