"""`grader forget`: remove students from every page and file of a results folder, and say what could not be removed."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from markupsafe import escape

from grader.core.errors import GraderError, GraderErrors, UsageError
from grader.core.visible_text import unescape_cell
from grader.course.discovery import find_course
from grader.course.library import Library, open_library
from grader.grading.policy.named_students import find_student, nearest_student
from grader.grading.policy.overrides import FILE as OVERRIDES
from grader.grading.policy.overrides import read_sheet, write_sheet
from grader.grading.policy.policy import Keep, policy_in
from grader.grading.policy.policy_file import find_policy, read_policy
from grader.grading.results.final_result import FinalResult
from grader.grading.results.journal import Journal, load_attachments
from grader.grading.results.result_files import read_final_results, write_results
from grader.grading.results.run_file import Counts, read_run, write_run
from grader.reports.pages.page_files import write_pages
from grader.submissions.download_summary import student_lines
from grader.submissions.people import people_from_run
from grader.submissions.submission import SubmissionMetadata

Translate = Callable[[str], str]
TELLING = 4
"""Letters by which an id or a name is known; shorter ones, such as the number of a submission, stand everywhere."""
LONGEST = 64 << 20
"""Bytes of a file that is still searched for what is left of a name."""


@dataclass(frozen=True)
class Who:
    """Whose results and whose submissions are to go."""

    names: list[str]
    works: list[str]


@dataclass(frozen=True)
class Place:
    """A results folder: whom it is about, its course and policy where they are found, and how long things are kept."""

    folder: Path
    people: dict[str, SubmissionMetadata]
    run: dict[str, Any]
    library: Library | None
    policy: Path | None
    keep: Keep

    def named(self, name: str) -> Who:
        """One student, by whatever names one alone. Raises UsageError."""
        found = find_student(name, self.people)
        if found is None:
            near = nearest_student(name, self.people)
            if near:
                raise UsageError(
                    "No student {name!r} in {path}. Did you mean {near}?",
                    path=self.folder,
                    name=name,
                    near=near,
                )
            raise UsageError("No student {name!r} in {path}", path=self.folder, name=name)
        return Who([found], [found])

    def expired(self, works: bool) -> Who:
        """Everybody whose time is over. Raises UsageError when the policy sets none."""
        if self.keep == Keep():
            raise UsageError(
                "The policy sets no time limit. Add names_days or submissions_days to the table [keep] in grader.toml."
            )
        now, keep = datetime.now(UTC), self.keep
        names = _older(self.run, self.people, keep.names_days, now)
        return Who(names, _older(self.run, self.people, keep.submissions_days, now) if works else [])


def find_place(folder: Path, course: Path | None, policy: Path | None, tr: Translate) -> Place:
    """All that is to be known before somebody is forgotten. Raises UsageError."""
    try:
        library = open_library(find_course(course or Path.cwd()))
    except UsageError:
        if course is not None:
            raise
        library = None  # results can outlive their course
    run = read_run(folder)
    file = find_policy(policy, library.course.root if library else folder)
    keep = read_policy(file, library.course, tr).keep if file and library else policy_in(run).keep
    names = [result.student for result in read_final_results(folder)] if (folder / "results.jsonl").is_file() else []
    if (folder / "journal.sqlite").is_file():
        with Journal(folder / "journal.sqlite", upgrade=False) as journal:
            names += journal.students()
    people = people_from_run(run)
    return Place(folder, people | {n: people.get(n, SubmissionMetadata()) for n in names}, run, library, file, keep)


def forget(place: Place, who: Who, submissions: Path | None, language: str, tr: Translate) -> list[str]:
    """Take them out of everything; what was done, in words. When a step fails the rest is done before it is said."""
    steps: list[Callable[[], str]] = []
    if who.names:
        steps += [
            lambda: _forget_in_results(place, who.names, language, tr),
            lambda: _forget_overrides(place, who.names, tr),
            lambda: _forget_in_journal(place, who.names, tr),
        ]
    if submissions is not None and who.works:
        steps.append(lambda: _forget_submissions(submissions, place, who.works, tr))
    done, failed = list[str](), list[Exception]()
    for step in steps:
        try:
            done.append(step())
        except (GraderError, OSError) as error:
            failed.append(error)
    if failed:
        raise GraderErrors(failed)
    return [words for words in done if words]


def _forget_in_results(place: Place, names: Sequence[str], language: str, tr: Translate) -> str:
    """Make results.jsonl, grades.csv, run.json and the pages anew, without them."""
    folder, run = place.folder, _run_without(place, names)
    if not (folder / "results.jsonl").is_file():
        write_run(folder, run)
        return ""
    everybody = read_final_results(folder)
    functions = list(dict.fromkeys(record.function for result in everybody for record in result.records))
    remaining = [result for result in everybody if result.student not in names]
    counts = Counts()
    for result in remaining:
        counts.add(result)
    run |= counts.facts()
    write_results(folder, remaining, functions)
    write_run(folder, run)
    return _make_pages(place, remaining, run, language, tr)


def _make_pages(
    place: Place, remaining: Sequence[FinalResult], run: Mapping[str, Any], language: str, tr: Translate
) -> str:
    index, pages = place.folder / "index.html", place.folder / "students"
    if place.library is not None:
        write_pages(
            place.folder,
            sorted(remaining, key=lambda one: one.student),
            place.library,
            run,
            language,
            lambda one: load_attachments(place.folder / "journal.sqlite", one.records),
            remarks=list(student_lines(run["handed_in"], people_from_run(run), language))
            if run.get("handed_in")
            else (),
            each=not index.exists() or any(pages.glob("*.html")),  # as the class was graded
        )
        return tr("results.jsonl, grades.csv, run.json and the pages: rewritten")
    index.unlink(missing_ok=True)
    shutil.rmtree(pages, ignore_errors=True)
    return tr(
        "results.jsonl, grades.csv, run.json: rewritten; pages: removed, because writing them needs the course "
        "(--course)"
    )


def _run_without(place: Place, names: Sequence[str]) -> dict[str, Any]:
    """run.json without them: as people, in groups, in lists of who handed in what, in overrides, in the command."""
    run, words = dict(place.run), _words(place, names)
    for part in ("people", "handed_in", "overrides"):
        if part in run:
            run[part] = _without(run[part], names, words)
    if policy := run.get("policy"):
        run["policy"] = policy | {"extensions": _without(policy.get("extensions") or {}, names, words)}
    if any(mentions(str(run.get("reproduce", "")), word) for word in words):
        run["reproduce"] = ""
    if any(mentions(value, word) for value in _texts(run.get("plan")) for word in words):
        del run["plan"]
    return run


def _texts(plan: object) -> list[str]:
    """The texts of a plan: its paths may name a student."""
    return [value for value in plan.values() if isinstance(value, str)] if isinstance(plan, dict) else []


def _without(value: Any, names: Sequence[str], words: Sequence[str]) -> Any:
    """A part of run.json without the entries that are theirs, or that name them."""
    if isinstance(value, dict):
        return {name: _without(part, names, words) for name, part in value.items() if name not in names}
    if isinstance(value, list):
        return [_without(part, names, words) for part in value if not _is_theirs(part, names, words)]
    return value


def _is_theirs(part: object, names: Sequence[str], words: Sequence[str]) -> bool:
    """Whether an entry of a list is about one of them: a name, a sentence with it, a row."""
    if isinstance(part, str):
        return any(mentions(part, word) for word in words)
    return isinstance(part, dict) and part.get("student") in names


def _words(place: Place, names: Sequence[str]) -> list[str]:
    """Everything that tells who they are; other ids only where they are long enough to be nobody else's."""
    found = list(names)
    for about in (place.people[name] for name in names):
        found += [word for word in (about.name, about.email, *about.ids) if len(word) >= TELLING or not word.isascii()]
    return [word for word in found if word]


def _forget_overrides(place: Place, names: Sequence[str], tr: Translate) -> str:
    sheet = read_sheet(place.folder)
    if not sheet.remove(lambda cell: find_student(cell, place.people) in names or unescape_cell(cell) in names):
        return ""
    write_sheet(place.folder, sheet)
    return tr("{file}: rows removed").format(file=OVERRIDES)


def _forget_in_journal(place: Place, names: Sequence[str], tr: Translate) -> str:
    if not (place.folder / "journal.sqlite").is_file():
        return ""
    words = _words(place, names)
    with Journal(place.folder / "journal.sqlite", upgrade=False) as journal:
        number = journal.forget(names, lambda text: any(mentions(text, word) for word in words))
    return tr("journal.sqlite: verdicts removed: {number}; the file was rewritten").format(number=number)


def _forget_submissions(handed_in: Path, place: Place, names: Sequence[str], tr: Translate) -> str:
    """Remove from the folder of submissions what is filed under their ids, or under the names that the LMS gave."""
    if not handed_in.is_dir():
        raise UsageError(
            "Not a folder: {path}. The grader cannot remove submissions from an archive; remove them yourself.",
            path=handed_in,
        )
    known = {(name, place.people[name].filed_as) for name in names}
    own = [entry for entry in sorted(handed_in.iterdir()) if any(is_filed(entry, *forms) for forms in known)]
    for entry in own:
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    return tr("{folder}: removed: {entries}").format(folder=handed_in, entries=", ".join(e.name for e in own) or "—")


def is_filed(entry: Path, student: str, filed_as: str) -> bool:
    """Whether an entry of the folder of submissions is of that student, and by its name of no other.

    Canvas and Moodle put the id between underscores: what stands before and with it is the same for all files.
    """
    before, id_, _ = filed_as.partition(f"_{student}_")
    prefix = before + id_
    if not prefix or not entry.name.startswith(prefix):
        return student in (entry.name, entry.stem)
    return not prefix[-1].isalnum() or not entry.name[len(prefix) :][:1].isalnum()


def _older(
    run: Mapping[str, Any], people: Mapping[str, SubmissionMetadata], days: int | None, now: datetime
) -> list[str]:
    """Who handed in so many days ago; who did so at a time that nobody knows counts from the last run."""
    if days is None:
        return []
    try:
        graded = datetime.fromisoformat(str(run.get("finished"))).astimezone(UTC)
    except ValueError:
        graded = now
    since = {student: about.submitted or graded for student, about in people.items()}
    return [student for student, moment in since.items() if (now - moment.astimezone(UTC)).days >= days]


def left_over(place: Place, names: Sequence[str], submissions: Path | None) -> Iterator[Path]:
    """The files that still hold one of the names: the results, the policy, what lies beside the submissions."""
    words, files = _words(place, names), sorted(place.folder.rglob("*"))
    files += [place.policy] if place.policy else []
    files += sorted(submissions.iterdir()) if submissions else []
    for path in files:
        if path.is_file() and not path.is_symlink() and path.stat().st_size <= LONGEST:
            text = path.read_bytes().decode("utf-8", "replace")
            if any(mentions(f"{path.name}\n{text}", word) for word in words):
                yield path


def mentions(text: str, name: str) -> bool:
    """Whether a name stands in a text, also as HTML; as a word of its own where words have blanks around them."""
    edges = [r"(?<!\w)" if name[:1].isascii() else "", r"(?!\w)" if name[-1:].isascii() else ""]
    return any(re.search(re.escape(form).join(edges), text) for form in {name, str(escape(name))})
