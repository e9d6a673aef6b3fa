"""Find files that still name a student after `grader forget`, because any file may hold a copy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from grader.reports.forgetting.name_removal import identifying_words, mentions_name
from grader.reports.forgetting.students_to_forget import ResultsToClean

MAX_SEARCHED = 64 << 20
"""Maximum size, in bytes, of a file that is searched for remaining names."""


def find_remaining_files(
    target: ResultsToClean, names: Sequence[str], submissions: Path | None, fixes: Path | None = None
) -> Iterator[Path]:
    """Yield the files that still name one of these students.

    All files in the results folder and in the folder of fixes are searched, the policy, and the files directly in the
    folder of submissions.
    """
    words, files = identifying_words(target.people, names), sorted(target.folder.rglob("*"))
    files += [target.policy] if target.policy else []
    files += sorted(submissions.iterdir()) if submissions else []
    files += sorted(fixes.rglob("*")) if fixes else []
    for path in files:
        if path.is_file() and not path.is_symlink() and path.stat().st_size <= MAX_SEARCHED:
            text = path.read_bytes().decode("utf-8", "replace")
            if any(mentions_name(f"{path.name}\n{text}", word) for word in words):
                yield path
