"""What is handed in: the submissions in a download, whatever made it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from grader.core.language import translator
from grader.core.submission import Submission
from grader.faces.layouts import Reading, read_download


def read_submissions(path: Path, stubs: Collection[str], layout: str = "auto", language: str = "en") -> Reading:
    """Every attempt of every student. `stubs` are the names of the stub files. Raises UsageError."""
    return read_download(path, stubs, layout, translator(language))


def latest(attempts: Collection[Submission]) -> list[Submission]:
    """The last attempt of every student, by student."""
    last = {attempt.student: attempt for attempt in sorted(attempts, key=lambda a: (a.student, a.about.attempt))}
    return list(last.values())
