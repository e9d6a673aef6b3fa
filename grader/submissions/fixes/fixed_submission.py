"""A submission with a fix: files of the instructor replace files of the student, within the same size limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from grader.core.hashing import digest
from grader.core.reasons import Code, UnreadableError
from grader.submissions.file_reading import FileReader, OpenStudentArchive, refuse_to_open, utf8_name
from grader.submissions.members.tree import Member
from grader.submissions.size_limits import size_limit
from grader.submissions.submission import AppliedFix, Files, Submission, read_listed


@dataclass(frozen=True)
class StudentFix:
    """The fix of one student.

    files: source files of the fix, by the path of the student's file that each replaces.
    left_out: paths in the file DELETE; the student's files with these paths are not graded.
    delete: bytes of the file DELETE.
    """

    files: Mapping[str, Member]
    left_out: tuple[str, ...] = ()
    delete: bytes = b""

    def reader(self, path: str) -> FileReader:
        """Return a function that reads a file of the fix. Raises KeyError if the fix has no file of this path."""
        return partial(_read_member, self.files[path])


def _read_member(member: Member) -> bytes:
    """Return the bytes of a file of a fix. Raises OSError or UnreadableError."""
    limit = size_limit(member.name)
    if member.problem:
        raise UnreadableError(member.problem)
    data = member.read(limit + 1)
    if len(data) > limit:  # the file has grown since `read_fixes` checked its size
        raise UnreadableError(Code.TOO_LARGE, mib=limit >> 20)
    return data


@dataclass(slots=True)
class FixedSubmission(Submission):
    """An attempt with the files of a fix. `read` also sets `applied_fix`.

    alone: True if the student submitted nothing, so that the fix is the whole submission.
    """

    fix: StudentFix = field(default_factory=lambda: StudentFix({}))
    alone: bool = False

    @classmethod
    def of(cls, attempt: Submission, fix: StudentFix) -> FixedSubmission:
        """Return an attempt with a fix. The fix of a missing submission becomes the first attempt, without a time."""
        alone = not attempt.metadata.attempt
        metadata = replace(attempt.metadata, attempt=1) if alone else attempt.metadata
        return cls(attempt.student, attempt.root, attempt.paths, [], attempt.list_files, metadata, fix=fix, alone=alone)

    def read(self, open_archive: OpenStudentArchive = refuse_to_open) -> Files:
        """Return (path, bytes) of each file to grade; set `problems` to the reasons why other files cannot be read.

        `open_archive` opens archives that are neither zips nor plain tars, as for `Submission.read`.
        """
        own = [(utf8_name(path), read) for path, read in self.listing(open_archive)]
        paths, left_out, unknown = {path for path, _ in own}, set[str](), list[str]()
        for line in self.fix.left_out:
            path = line if line in paths else line.partition(" #")[0].rstrip()  # a comment may follow the path
            left_out.update({path} & paths)
            unknown += [] if path in paths else [path]
        replaced = paths & self.fix.files.keys()
        added = sorted(self.fix.files.keys() - paths)
        listing = [
            (path, self.fix.reader(path) if path in replaced else read) for path, read in own if path not in left_out
        ]
        files, self.problems = read_listed([*listing, *((path, self.fix.reader(path)) for path in added)])
        # Read the files that the fix replaces or leaves out last, so that they use up no room of the graded files.
        dropped = read_listed([(path, read) for path, read in own if path in replaced | left_out])
        counting, earlier = dict(files), dict(dropped[0])
        changed = {path for path in replaced if path not in counting or counting[path] != earlier.get(path)}
        own_files = [(path, data) for path, data in files if path in paths - replaced] + [*dropped[0]]
        fix_files = [(path, counting[path]) for path in sorted(self.fix.files) if path in counting]
        self.applied_fix = AppliedFix(
            digest=digest(self.fix.delete, *(part for file in fix_files for part in file)),
            original=digest(*(part for file in sorted(own_files) for part in file)),
            replaced=tuple(sorted(changed)),
            added=tuple(added),
            left_out=tuple(sorted(left_out)),
            unknown=tuple(unknown),
            alone=self.alone,
            unreadable=tuple(sorted(path for path in self.fix.files if path not in counting)),
        )
        return files
