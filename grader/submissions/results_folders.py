"""Find results folders of `grader grade` among the submissions, so that they are not graded as submissions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from grader.core.reasons import UnreadableError
from grader.submissions.file_reading import utf8_name
from grader.submissions.members.tree import Member, TopEntry, Tree

FILES = ("journal.sqlite", "run.json")
"""Files that every results folder contains. `grading.results.run_file` declares their names."""
JOURNAL_START = b"SQLite format 3\0"
"""First bytes of journal.sqlite. The rest of the file is not read, because a student may have written it."""
RUN_KEYS = (b'"seed"', b'"versions"')
"""Keys of run.json by which the file is recognized."""
RUN_START = 4096
"""Number of bytes at the start of run.json that are searched for RUN_KEYS."""
PAGES = "students"
"""Name of the folder of students' pages in a results folder."""


def without_results_folders(tree: Tree, out: Path | None) -> tuple[Tree, list[str]]:
    """Return a download without its results folders, and the paths of these folders.

    `out`, the results folder of this run, is always left out. A different folder at the top level counts as a results
    folder if it contains a journal.sqlite and a run.json as the grader writes them, and no file that may contain code.
    Files in its folder of pages are not considered, since they show code.
    """
    found: list[tuple[str, ...]] = [
        (entry.name,) for entry in tree.entries if entry.is_folder and _is_results_folder(entry)
    ]
    own = _path_inside(tree, out) if out else ()
    if own and own not in found and any(member.parts[: len(own)] == own for member in tree.members):
        found.append(own)
    if not found:
        return tree, []
    members = [m for m in tree.members if m.outside_name or not any(m.parts[: len(path)] == path for path in found)]
    return replace(tree, members=members), ["/".join(path) for path in found]


def _path_inside(tree: Tree, out: Path) -> tuple[str, ...]:
    """Return the parts of the path of `out` relative to the download; empty if `out` is not inside the download."""
    root, folder = tree.path.resolve(), out.resolve()
    inside = not tree.zipped and folder != root and folder.is_relative_to(root)
    return tuple(map(utf8_name, folder.relative_to(root).parts)) if inside else ()


def _is_results_folder(entry: TopEntry) -> bool:
    if any(member.may_hold_code and member.parts[0] != PAGES for member in entry.members):
        return False
    journal, run = (_start(entry.members, name) for name in FILES)
    return journal.startswith(JOURNAL_START) and all(key in run for key in RUN_KEYS)


def _start(members: Sequence[Member], name: str) -> bytes:
    """Return the first RUN_START bytes of the file with this name; empty if there is no readable file."""
    for member in members:
        if member.parts == (name,) and not member.is_folder and not member.problem:
            try:
                return member.read(RUN_START)
            except (OSError, UnreadableError):
                return b""
    return b""
