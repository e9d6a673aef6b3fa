"""What is handed in: the submissions in a download, whatever made it, and who of the roster they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.core.language import translator
from grader.core.roster import Reconciled, reconcile
from grader.core.submission import Submission
from grader.faces.layouts import read_download
from grader.faces.rosters import read_roster
from grader.judge.library import Library
from grader.judge.plan import Plan
from grader.judge.policy import Attempts


@dataclass(frozen=True)
class HandedIn:
    """Every attempt of every student, by student; the layout that it was read by and why; lines worth reading.

    With a roster there is a submission without files for everybody who is missing; `unknown` are not on it, and
    `twice` are those who handed in under several names.
    """

    attempts: list[Submission]
    layout: str
    why: str
    notes: list[str]
    unknown: list[str]
    twice: list[list[str]]

    def facts(self) -> dict[str, Any]:
        """What run.json says of it."""
        several = Counter(attempt.student for attempt in self.attempts)
        return {
            "layout": self.layout,
            "why": self.why,
            "notes": self.notes,
            "nothing": [attempt.student for attempt in latest(self.attempts) if not attempt.about.attempt],
            "unknown": self.unknown,
            "twice": self.twice,
            "attempts": {student: number for student, number in sorted(several.items()) if number > 1},
        }


def read_handed_in(
    path: Path, stubs: Collection[str], layout: str = "auto", roster: Path | None = None, language: str = "en"
) -> HandedIn:
    """Read a download, and the roster if there is one. `stubs` are the names of the stub files. Raises UsageError."""
    people = read_roster(roster) if roster else None
    read = read_download(path, stubs, layout, translator(language))
    met = Reconciled(read.submissions) if people is None else reconcile(read.submissions, people, path)
    return HandedIn(met.submissions, read.layout, read.why, read.notes, met.unknown, met.twice)


def read_submissions(plan: Plan, library: Library) -> list[Submission]:
    """Read the submissions that a plan names: every attempt where the best one counts, else the latest ones."""
    roster = Path(plan.roster) if plan.roster else None
    handed_in = read_handed_in(plan.submissions_path(), library.stub_files, plan.layout, roster, plan.language)
    return handed_in.attempts if plan.attempts == Attempts.BEST else latest(handed_in.attempts)


def latest(attempts: Collection[Submission]) -> list[Submission]:
    """The last attempt of every student, by student."""
    last = {attempt.student: attempt for attempt in sorted(attempts, key=lambda a: (a.student, a.about.attempt))}
    return list(last.values())
