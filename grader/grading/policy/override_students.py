"""Find the student of a row of overrides.csv: the column id_hash decides, else the exact id, else another name.

Theory of operation
    Spreadsheet programs change some ids (`submissions.students.spreadsheet_cells`). If such a program may change the
    cell `student` of a row, the grader also writes an `id_hash` into the row. In a row with a hash, the cell `student`
    must still fit the student of the hash. If the cell names another student, for example because the hash was copied
    into the wrong row, the row is not applied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from grader.core.errors import suggest_names
from grader.core.visible_text import show_invisible, visible
from grader.submissions.students.student_lookup import StudentIndex

Translate = Callable[[str], str]


@dataclass(frozen=True)
class StudentCells:
    """The cells of a row that name its student, as they are in the file; empty where the table lacks the column."""

    name: str
    id_hash: str = ""

    def matches(self, index: StudentIndex) -> list[str]:
        """Return all students whom the row may mean. A row is applied only if there is exactly one."""
        if not self.id_hash.strip():
            return index.find(self.name)
        hashed = index.find_hash(self.id_hash)
        return hashed if hashed and self.fit(index) else list(dict.fromkeys([*hashed, *index.find(self.name)]))

    def fit(self, index: StudentIndex) -> bool:
        """Return whether the name may mean the student of the hash.

        The result is also true if the name is empty, or if no student has the hash.
        """
        hashed = index.find_hash(self.id_hash)
        return not self.name.strip() or all(index.may_mean(self.name, student) for student in hashed)


def student_of(
    cells: StudentCells, index: StudentIndex, tr: Translate, suggests: bool = True
) -> tuple[str | None, str]:
    """Return the student of a row and an empty text, or None and a message that says what is wrong with the row.

    With `suggests`, the message about an unknown student names the most similar id.
    """
    found, name = cells.matches(index), show_invisible(cells.name.strip())
    if cells.id_hash.strip():
        hashed = index.find_hash(cells.id_hash)
        if not hashed:
            words = tr("no student with the id_hash {hash} in this class")
            return None, words.format(hash=visible(cells.id_hash.strip())[:50])
        if not cells.fit(index):
            words = tr("the id_hash is that of {student}, but the row names {name}. Correct one of the two")
            return None, words.format(student=index.describe(hashed), name=name[:100])
    if len(found) > 1:
        words = tr("several students match {name}: {students}. Add the column id_hash with the hash of one")
        return None, words.format(name=name[:100], students=index.describe(found))
    if not found:
        near = [show_invisible(student) for student in index.nearest(cells.name)[:1]] if suggests else []
        problem = tr("no student {name} in this class").format(name=repr(visible(cells.name.strip()))[:100])
        return None, suggest_names(problem, near, (), tr)
    return found[0], ""


def unsure_rows(
    rows: Iterable[tuple[int, StudentCells]], file: str, index: StudentIndex, tr: Translate
) -> Iterator[str]:
    """Yield a warning for each row that is applied only because its id is exactly that of a student.

    There is a warning if other ids look the same, because a spreadsheet program may have changed one of these ids into
    the other. There is also a warning if the id is the email address of another student.
    """
    for line, cells in rows:
        found = index.find(cells.name)
        if cells.id_hash.strip() or len(found) != 1:
            continue
        alike = index.look_alikes(found[0]) or (index.with_address(found[0]) if cells.name in found else ())
        if not alike:
            continue
        words = tr(
            "{file}:{line}: applied to {student}, because the id is the same. To confirm the student, write an "
            "id_hash into this row. Students who may be meant: {all}"
        )
        student = index.spelling(found[0])
        yield words.format(file=file, line=line, student=student, all=index.describe(alike))
