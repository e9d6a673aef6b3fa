"""List the source files of one student, outside of archives and in archives, each with a function that reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from grader.submissions.file_reading import FileReader, OpenArchive
from grader.submissions.members.tree import Member
from grader.submissions.student_archives import Budget, can_open, file_reader, read_archive, without_code


def open_student_files(members: Sequence[Member], open_archive: OpenArchive) -> Iterator[tuple[str, FileReader]]:
    """Yield the path of every file that may contain code, with a function that reads the file.

    The function raises OSError or UnreadableError if the file cannot be read. If no file may contain code, yield all
    files, each with a function that raises the reason for review. The files in an archive, and in an archive inside it,
    are listed like other files. `open_archive` opens archives that are neither zips nor plain tars.
    """
    budget = Budget()
    files = [member for member in members if not member.is_folder]
    code_files = [member for member in files if member.may_hold_code]
    for member in code_files:
        if can_open(member):
            prefix = f"{member.path}/" if len(code_files) > 1 else ""
            yield from read_archive(member, member.path, prefix, budget, open_archive)
        else:
            yield member.path, file_reader(member, budget)
    if not code_files:
        yield from without_code(files, "")
