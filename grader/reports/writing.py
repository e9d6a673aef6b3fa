"""Write all reports of a results folder: result files, pages and run.json, in one pass through the journal."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from typing import Any, Protocol

from rich.console import Console

from grader.core.language import translator
from grader.grading.results.final_result import FinalResult
from grader.grading.results.result_files import ResultFiles
from grader.grading.runs.grading_run import GradingRun
from grader.grading.runs.score_inputs import ClassInputs, Remarks
from grader.reports.pages.page_files import Pages
from grader.reports.terminal import PATIENCE, Summary, progress
from grader.submissions.download_summary import student_lines


class ResultWriter(Protocol):
    """Takes the final results one by one, and keeps little of each."""

    def add(self, result: FinalResult) -> None:
        """Add a student."""


@dataclass(frozen=True)
class Written:
    """What the terminal shows of a run whose files are written. `who` are lines about missing and unknown students."""

    facts: dict[str, Any]
    summary: Summary
    who: list[str]
    remarks: list[str]


def write_files(run: GradingRun, inputs: ClassInputs, handed_in: dict[str, Any], seconds: float) -> Written:
    """Write all files of a run, run.json last. `handed_in` and `seconds` are for run.json."""
    language, tr = run.plan.language, translator(run.plan.language)
    summary, changes = Summary(), Remarks(inputs.scores.policy)
    results = run.results(inputs.scores.policy, inputs.scores.overrides)
    with ResultFiles(run.out, run.functions, inputs.scores.anything) as files:
        pages = Pages(
            run.out,
            run.library,
            run.facts,
            language,
            lambda one: run.journal.attachments(one.student, one.keys),
            run.journal.runs.secret,
            run.plan.student_pages,
        )
        writers: tuple[ResultWriter, ...] = (files, pages, summary, changes)
        for result in progress(Console(stderr=True), results, inputs.students, tr("writing"), patience=PATIENCE):
            for writer in writers:
                writer.add(result)
    facts = run.conclude(handed_in, seconds, _command(run.seed))
    who = list(student_lines(handed_in, run.people(), language)) if handed_in else []
    remarks = [*changes.lines(tr), *inputs.remarks]
    pages.finish(facts, [*who, *remarks, *inputs.problems])
    run.finish()
    return Written(facts, summary, who, remarks)


def _command(seed: int) -> str:
    """The command that makes the same run again."""
    given = [argument for argument in sys.argv[1:] if argument != "--fresh"]
    return shlex.join(["grader", *given, *([] if "--seed" in given else ["--seed", str(seed)])])
