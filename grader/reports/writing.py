"""What a batch leaves behind: results.jsonl, grades.csv, the pages, run.json, all from one pass through the journal."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console

from grader.core.language import translator
from grader.course.library import Library
from grader.grading.policy.settlement import settle
from grader.grading.runs.deciding import Decided, Noted, Remarks
from grader.grading.runs.journal import Judged
from grader.grading.runs.result_files import Counts, ResultFiles, write_run
from grader.grading.runs.running import Done, Order
from grader.reports.pages.page_files import Pages
from grader.reports.terminal import PATIENCE, Summary, progress
from grader.submissions.download_summary import student_lines
from grader.submissions.people import people_to_json
from grader.submissions.submission import SubmissionMetadata


class Sink(Protocol):
    """Whatever wants to see everybody, one student after the other, and keeps little of each."""

    def add(self, judged: Judged, about: SubmissionMetadata) -> None:
        """One more student: the verdicts that count, and what is known of the submission."""


@dataclass
class People:
    """Takes one student after the other: whoever has verdicts."""

    found: dict[str, SubmissionMetadata] = field(default_factory=dict)

    def add(self, judged: Judged, about: SubmissionMetadata) -> None:
        """One more student."""
        self.found[judged.student] = about


@dataclass(frozen=True)
class Written:
    """What is to be said of a batch when its files are written. `who` are lines about who handed in."""

    run: dict[str, Any]
    summary: Summary
    who: list[str]
    remarks: list[str]


def write_everything(
    out: Path, done: Done, decided: Decided, order: Order, library: Library, seconds: float
) -> Written:
    """Write all views of the journal, run.json last."""
    tr, run = translator(order.language), done.run | decided.facts
    counts, people, summary = Counts(), People(), Summary()
    noted, changed = Noted(decided.say), Remarks(decided.say.policy)
    with ResultFiles(out, order.functions, decided.say.anything) as files:
        pages = Pages(
            out,
            library,
            run,
            order.language,
            lambda one: done.journal.beside(one.student, one.keys),
            done.journal.secret,
            order.student_pages,
        )
        _go_through(done, decided, order, library, (files, pages, counts, people, summary, noted, changed))
    run |= {"overrides": noted.rows} | counts.facts()
    run |= {
        "handed_in": order.handed_in,
        "people": people_to_json(people.found),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 2),
        "reproduce": _command(done.run["seed"]),
        "folder": str(Path.cwd()),
    }
    who = list(student_lines(order.handed_in, people.found, order.language)) if order.handed_in else []
    remarks = [*changed.lines(tr), *decided.remarks]
    pages.finish(run, [*who, *remarks, *decided.problems])
    write_run(out, run)
    return Written(run, summary, who, remarks)


def _go_through(done: Done, decided: Decided, order: Order, library: Library, sinks: tuple[Sink, ...]) -> None:
    """Show everybody to all of them, once."""
    tr = translator(order.language)
    settled = settle(done.attempts(), library.course, decided.say, tr)
    everybody = len({submission.student for submission in order.submissions})
    for judged, submission in progress(Console(stderr=True), settled, everybody, tr("writing"), patience=PATIENCE):
        for sink in sinks:
            sink.add(judged, submission.metadata)


def _command(seed: int) -> str:
    """The same run again."""
    given = [argument for argument in sys.argv[1:] if argument != "--fresh"]
    return shlex.join(["grader", *given, *([] if "--seed" in given else ["--seed", str(seed)])])
