"""Decide when an instructor's fix needs review, and say what was changed: fixes, and files chosen among several."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from grader.core.outcomes import Status
from grader.core.visible_text import join_names, visible
from grader.grading.policy.final_score import FinalScore
from grader.grading.results.final_result import FinalResult
from grader.submissions.people import display_name
from grader.submissions.submission import AppliedFix

Translate = Callable[[str], str]


def fix_flags(fix: AppliedFix, tr: Translate) -> Iterator[str]:
    """Yield the reasons why a person must look at an applied fix."""
    if fix.unknown:
        yield tr("fix: DELETE lists files that the submission does not have: {files}").format(
            files=", ".join(fix.unknown)
        )
    if fix.unreadable:
        yield tr("fix: files that cannot be read: {files}").format(files=", ".join(fix.unreadable))
    if fix.first_original not in ("", fix.original):
        yield tr(
            "the submission has changed since its fix was made: check the fix, then change it (a comment in its file "
            "DELETE is enough) or remove it"
        )


def mended_lines(final: FinalScore, tr: Translate) -> Iterator[str]:
    """Yield sentences that tell a student what the instructor changed in the submission, one per kind of change."""
    if fix := final.fix:
        for words, files in (
            (tr("Files that your instructor replaced before grading: {files}"), fix.replaced),
            (tr("Files that your instructor added before grading: {files}"), fix.added),
            (tr("Files that your instructor left out of the grading: {files}"), fix.left_out),
        ):
            if files:
                yield visible(words.format(files=", ".join(files)))
    for function, file in final.accepted.items():
        words = tr("{function}: several of your files define it. Your instructor decided that {file} is graded.")
        yield visible(words.format(function=function, file=file))


def choice_lines(result: FinalResult, tr: Translate) -> Iterator[str]:
    """Yield a text for each graded file of a student, if other files hold an answer to the same functions."""
    functions = defaultdict[tuple[str, str], list[str]](list)
    for record in result.records:
        is_chosen = record.function in result.final.accepted or record.outcome == Status.UNREADABLE
        if record.other_files and not is_chosen:
            functions[record.source, ", ".join(record.other_files)].append(record.function)
    for (file, others), own in functions.items():
        names = ", ".join(own)
        if 1 < len(own) == len(result.records):
            names = tr("all {number} functions").format(number=len(own))
        yield tr("{function}: {file} counts, not {others}").format(function=names, file=file, others=others)


@dataclass
class FixRemarks:
    """Remarks for the instructor on fixes and chosen files, translated by `tr`. Call `add` with each final result."""

    tr: Translate
    fixed: list[str] = field(default_factory=list)
    without_time: list[str] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    choices: list[str] = field(default_factory=list)

    def add(self, result: FinalResult) -> None:
        """Note the fix and the chosen files of one student, and which file was graded if several hold an answer."""
        name, final = display_name(result.student, {result.student: result.metadata}), result.final
        if final.fix:
            self.fixed.append(name)
            if final.fix.alone:
                self.without_time.append(name)
        if final.accepted:
            self.accepted.append(f"{name} ({', '.join(sorted({*final.accepted.values()}))})")
        if lines := list(choice_lines(result, self.tr)):
            self.choices.append(f"{name} ({'; '.join(lines)})")

    def lines(self) -> Iterator[str]:
        """Yield one line for each kind of remark."""
        tr = self.tr
        for words, students in (
            (tr("graded with a fix ({count}): {students}"), self.fixed),
            (
                tr("the fix is the whole submission; it has no time, so it is on time ({count}): {students}"),
                self.without_time,
            ),
            (tr("files chosen with grader accept ({count}): {students}"), self.accepted),
            (tr("answers in several files; the file named like the stub counts ({count}): {students}"), self.choices),
        ):
            if students:
                yield visible(words.format(count=len(students), students=join_names(students)))
