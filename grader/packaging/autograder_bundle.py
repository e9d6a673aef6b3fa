"""The files of an autograder that grades on another machine: the grader, the course, requirements and settings."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

from grader.core.files.atomic_files import write_atomically
from grader.core.package_paths import PACKAGE
from grader.course.discovery import HIDDEN, PUBLIC, SOLUTIONS
from grader.course.exercise import Course

SCRIPTS_FOLDER = Path(__file__).parent / "autograder_files"
"""Folder of the scripts that other systems run. An autograder package contains unchanged copies of these scripts."""

SETTINGS = "autograder.json"
DEPENDENCIES = (
    "torch",
    "numpy",
    "msgspec",
    "rich",
    "typer",
    "pytest",
    "watchfiles",
    "Jinja2",
    "pyseccomp",
    "scikit-learn",
)
"""Packages that grading imports. torch comes first, because it is installed separately, from an index without CUDA."""
EXECUTABLE = 0o755
UNIX = 3
"""Number of the system in a zip. An unzip program reads the permissions of a file only from a zip made on Unix."""

ZIP_TIME = (2000, 1, 1, 0, 0, 0)
"""Time of every file in a zip. The time is always the same, so that the same course gives the same bytes."""


class AutograderSettings(msgspec.Struct, frozen=True):
    """The settings of an autograder, stored as JSON in the file SETTINGS.

    only: the names of the functions to grade.
    seed: the seed of all inputs, stored so that all students get the same inputs.
    time_limit: limit for one experiment, in seconds.
    memory_limit: limit for one submission, in MiB.
    """

    only: list[str]
    seed: int
    sandbox: str
    time_limit: float
    memory_limit: int
    language: str


@dataclass(frozen=True)
class AutograderBundle:
    """A course with everything that an autograder needs.

    points: the points of each function.
    options: settings that only one target system reads.
    """

    course: Course
    settings: AutograderSettings
    points: Mapping[str, float]
    options: Mapping[str, str]

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Yield path and bytes of each file that grading needs, including the solutions and the hidden checks."""
        yield SETTINGS, msgspec.json.format(msgspec.json.encode(self.settings), indent=2) + b"\n"
        yield "requirements.txt", requirements().encode()
        for file in sorted(PACKAGE.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                yield f"grader/{file.relative_to(PACKAGE).as_posix()}", file.read_bytes()
        for path in self._course_files():
            yield f"course/{path.as_posix()}", (self.course.root / path).read_bytes()

    def _course_files(self) -> Iterator[Path]:
        """Yield the paths of solutions, mistakes, public and hidden experiments, and the policy, but no submissions."""
        root = self.course.root
        for folder in (PUBLIC, SOLUTIONS, HIDDEN):
            for file in sorted((root / folder).rglob("*")):
                if file.is_file() and not file.is_symlink() and "__pycache__" not in file.parts:
                    yield file.relative_to(root)
        if (root / "grader.toml").is_file():
            yield Path("grader.toml")


def requirements() -> str:
    """Return a requirements.txt that pins the installed versions. A package that is not installed gets no version."""
    lines = []
    for name in DEPENDENCIES:
        try:
            lines.append(f"{name}=={version(name).partition('+')[0]}")
        except PackageNotFoundError:
            lines.append(name)
    return "\n".join(lines) + "\n"


def script(name: str) -> bytes:
    """Return the content of a script in SCRIPTS_FOLDER, with Unix line ends."""
    return (SCRIPTS_FOLDER / name).read_bytes().replace(b"\r\n", b"\n")


def write_zip(into: Path, files: Mapping[str, bytes], executable: frozenset[str]) -> None:
    """Write a zip in which the files named in `executable` have the permission to be run. Raises UsageError."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, ZIP_TIME)
            info.create_system = UNIX
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (0o100000 | (EXECUTABLE if name in executable else 0o644)) << 16
            archive.writestr(info, data)
    write_atomically(into, buffer.getvalue())


def write_files(into: Path, files: Mapping[str, bytes], executable: frozenset[str] = frozenset()) -> list[Path]:
    """Write files into a folder and return their paths. Raises UsageError.

    The files named in `executable` get the permission to be run.
    """
    written = []
    for name, data in files.items():
        write_atomically(into / name, data)
        if name in executable:
            (into / name).chmod(EXECUTABLE)
        written.append(into / name)
    return written
