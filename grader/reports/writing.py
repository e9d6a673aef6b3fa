"""Write all reports of a results folder: result files, pages and run.json, in one pass through the journal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from rich.console import Console

from grader.core.language import translator
from grader.grading.policy.final_score import TOTAL
from grader.grading.results.earlier_scores import LostScores, read_earlier_scores
from grader.grading.results.final_result import FinalResult
from grader.grading.results.overrides.edited_overrides import record_edits
from grader.grading.results.overrides.override_history import OverrideChange
from grader.grading.results.result_files import ResultFiles
from grader.grading.runs.fix_review import FixRemarks
from grader.grading.runs.grading_run import GradingRun
from grader.grading.runs.score_inputs import ClassInputs, PolicyEffects
from grader.reports.answer_groups import UnexplainedAnswers
from grader.reports.comparison.changed_policy_report import ChangedPolicyReport
from grader.reports.comparison.published_comparison import PublicationReport
from grader.reports.group_report import UnexplainedReport, report_unexplained
from grader.reports.lost_submissions import LostSubmissions
from grader.reports.pages.page_files import PageWriter
from grader.reports.shared_names import SharedNames, find_shared_names
from grader.reports.terminal import DEFAULT_DELAY, Summary, progress
from grader.submissions.download_summary import student_lines
from grader.submissions.students.look_alikes import ids_with_hash


class ResultWriter(Protocol):
    """Receives the final results one by one, and keeps only little of each in memory."""

    def add(self, result: FinalResult) -> None:
        """Receive the final result of one student."""


@dataclass(frozen=True)
class RunReport:
    """What the terminal shows after the files are written.

    facts: the content of run.json.
    unexplained: the wrong answers that no known mistake explains.
    student_lines: lines about missing and unknown students.
    names: ids that look alike, and names that several students share.
    remarks: lines about the effects of policy and overrides, lost scores, and files that were mended or have errors.
    policy: lines about the totals that changed with the policy.
    publication: lines about the published scores that have changed.
    """

    facts: dict[str, Any]
    summary: Summary
    unexplained: UnexplainedReport
    student_lines: list[str]
    names: SharedNames
    remarks: list[str]
    policy: list[str]
    publication: list[str]


def write_files(
    run: GradingRun, inputs: ClassInputs, handed_in: dict[str, Any] | None, seconds: float | None = None
) -> RunReport:
    """Write all files of a run; run.json is the last one.

    `handed_in` (the summary of the download) and `seconds` (the time that the run took) are stored in run.json.
    """
    run.start_writing()
    language, tr = run.plan.language, translator(run.plan.language)
    summary, policy_effects, answers = Summary(), PolicyEffects(inputs.scores.policy), UnexplainedAnswers()
    lost_scores, publication = LostScores(read_earlier_scores(run.out)), PublicationReport(run.out)
    mending, lost, policy = FixRemarks(tr), LostSubmissions(), ChangedPolicyReport(run, inputs)
    results = run.results(inputs.scores.policy, inputs.scores.overrides)
    has_hashes = bool(ids_with_hash(run.people()))
    with ResultFiles(run.out, run.functions, inputs.scores.has_policy_or_override, has_hashes) as files:
        pages = PageWriter(
            run.out,
            run.library,
            run.facts,
            language,
            lambda result: run.journal.attachments(result.student, result.keys),
            run.journal.runs.secret,
            run.plan.student_pages,
            reuse=run.last_finished,
        )
        writers: tuple[ResultWriter, ...] = (
            *(files, pages, summary, policy_effects, answers),
            *(lost_scores, mending, lost, policy, publication),
        )
        for result in progress(Console(stderr=True), results, inputs.students, tr("writing"), delay=DEFAULT_DELAY):
            for writer in writers:
                writer.add(result)
    course = run.library.course
    edits = record_edits(run.out, inputs.scores.overrides, run.people(), {*course.exercise_of, TOTAL})
    facts = run.conclude(handed_in, seconds, run.plan.command(run.out, run.seed))
    who = list(student_lines(handed_in, run.people(), language)) if handed_in else []
    remarks = [*policy_effects.lines(tr), *lost_scores.lines(tr), *mending.lines(), *lost.lines(tr)]
    remarks += [*_edit_lines(edits, tr), *inputs.remarks]
    unexplained = report_unexplained(answers, run.out, run.library, language)
    names = find_shared_names(run.people())
    warnings = [*policy.lines(tr), *who, *names.lines(tr), *remarks, *inputs.problems]
    pages.finish(facts, unexplained, warnings, publication.page_lines(language))
    run.finish()
    return RunReport(facts, summary, unexplained, who, names, remarks, policy.lines(tr), publication.lines(language))


def _edit_lines(edits: Sequence[OverrideChange], tr: Callable[[str], str]) -> Iterator[str]:
    """Yield a line if overrides were edited in overrides.csv since the last run."""
    if edits:
        text = tr("overrides edited in the file: {count}. To see them, run: grader override --history --results DIR")
        yield text.format(count=len(edits))
