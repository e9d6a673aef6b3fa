"""What a batch leaves behind: results.jsonl, grades.csv, the pages, run.json."""

from __future__ import annotations

import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from grader.cli.deciding import Decided
from grader.cli.running import Order
from grader.core.people import plain_people
from grader.faces.handed_in import who_lines
from grader.faces.pages import write_pages
from grader.faces.results import outcome_counts, write_results, write_run
from grader.judge.library import Library


def write_everything(out: Path, decided: Decided, order: Order, library: Library, seconds: float) -> dict[str, Any]:
    """Write all views of the journal, run.json last; what it says."""
    done = decided.done
    write_results(out, done.judged, order.functions)
    run = done.run | {
        "students": len(done.judged),
        "outcomes": outcome_counts([record for student in done.judged for record in student.records]),
        "need_a_human": sum(bool(student.human) for student in done.judged),
        "handed_in": order.handed_in,
        "people": plain_people(decided.submissions),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 2),
        "reproduce": _command(done.run["seed"]),
        "folder": str(Path.cwd()),
    }
    write_pages(
        out,
        sorted(done.judged, key=lambda one: one.student),
        library,
        run,
        order.language,
        lambda one: done.journal.beside(one.student, one.keys),
        remarks=[*(who_lines(run, order.language) if order.handed_in else ()), *decided.remarks, *decided.problems],
    )
    write_run(out, run)
    return run


def _command(seed: int) -> str:
    """The same run again."""
    given = [argument for argument in sys.argv[1:] if argument != "--fresh"]
    return shlex.join(["grader", *given, *([] if "--seed" in given else ["--seed", str(seed)])])
