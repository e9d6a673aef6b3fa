"""What is handed in: the submissions in a folder or an archive, whatever made it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from grader.core.submission import Submission
from grader.faces.archives import read_archive
from grader.faces.folders import read_folder


def read_submissions(path: Path, stubs: Collection[str]) -> list[Submission]:
    """The submissions in a folder or an archive, by student. Raises UsageError.

    `stubs` are the names of the stub files.
    """
    return read_archive(path, stubs) if path.is_file() and path.suffix.lower() == ".zip" else read_folder(path, stubs)
