"""A class in which every kind of result, mark and cause of review occurs, with its pages."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec import structs

from grader.grading.policy.final_score import Override
from grader.grading.policy.policy import COURSE, HiddenChecks, LatePolicy, Policy, policy_facts
from grader.grading.results.final_result import FinalResult
from grader.grading.results.journal_rows.run_table import Attempt
from grader.grading.runs.final_results import ScoreInputs, compute_final_results
from grader.grading.verdicts.entry import Attachments
from grader.grading.verdicts.pictures import Curve
from grader.grading.verdicts.record import CheckRecord, FunctionRecord
from grader.reports.pages.page_files import write_pages
from grader.submissions.people import people_to_json
from grader.submissions.submission import SubmissionMetadata
from tests.tools import WRONG_SUM

DUE = datetime(2026, 11, 20, 15, 59, tzinfo=UTC)
POLICY = Policy(hidden=HiddenChecks.FULL, deadlines={COURSE: DUE}, late=LatePolicy(10), time_zone="Asia/Shanghai")
MAXIMA = {"mean_square": 3.0, "descend": 2.0}
CALL = "x = torch.tensor([1.0, -2.0])\nmean_square(x)"
UTF16, TWICE, BROKEN = "a.py is UTF-16 text", "defined in several files (a.py, b.py)", "the grader failed: no worker"
LEVELS = {"passed": 1.0, "partly": 0.5, "wrong": 0.0}


@dataclass(frozen=True)
class VariedClass:
    """The results folder with the pages, and the final results."""

    folder: Path
    results: list[FinalResult]


def varied_attempts(mistakes):
    """Yield (student, metadata, outcomes of mean_square and descend, reasons) of twenty students."""
    on_time = [DUE - timedelta(hours=5 * n) for n in range(12)]
    kinds = ("passed", "passed", "partly", "wrong", "timed_out", "not_attempted")
    for number, moment in enumerate(on_time):
        first, second = kinds[number % 6], kinds[(number * 5 + 1) % 6]
        yield f"s{number:02}", SubmissionMetadata(f"王小明 {number}", submitted=moment), (first, second), ("", "")
    for number in range(12, 15):
        late = SubmissionMetadata("Ada", submitted=DUE + timedelta(days=number - 11))
        yield f"s{number:02}", late, ("passed", "wrong"), ("", "")
    yield "s15", SubmissionMetadata(), ("unreadable", "unreadable"), (UTF16, UTF16)
    yield "s16", SubmissionMetadata(), ("passed", "unreadable"), ("", TWICE)
    yield "s17", SubmissionMetadata(), ("grader_fault", "passed"), (BROKEN, "")
    yield "s18", SubmissionMetadata("李娜", late=True), ("passed", "partly"), ("", "")
    yield "s19", SubmissionMetadata("陈静", attempt=0), ("nothing", "nothing"), ("", "")


def function_record(student, function, outcome, mistakes):
    """Return the record of one function with two checks; the mistake of the function is recognized if it failed."""
    maximum = MAXIMA[function]
    share = LEVELS.get(outcome, 0.0)
    ungraded = outcome in ("unreadable", "grader_fault", "nothing")
    written = {"partly": "failed", "wrong": "failed", "nothing": "missing"}.get(outcome, outcome)
    known = [mistakes[function].id] if outcome in ("partly", "wrong") else []
    message = "" if share == 1.0 else f"p: returned 2, expected 1\nline 25: x\n{mistakes[function].hint.in_('en')}"
    half, claim = maximum / 2, "It returns what it should."
    checks = [
        CheckRecord("one", claim, share > 0, half * (share > 0), half, "" if share else message, CALL, "2 times"),
        CheckRecord("two", claim, share == 1, half * (share == 1), half, message, CALL, "2 times"),
    ]
    score = None if ungraded else share * maximum
    record = FunctionRecord(student, "ex1_small", function, score, maximum, written, known, checks, "ex1_small.py", 0.1)
    return structs.replace(record, source="", other_files=["a.py", "b.py"]) if student == "s16" and ungraded else record


@pytest.fixture(scope="session")
def varied(tmp_path_factory, library):
    """The pages of the varied class in English, written once for all tests."""
    return write_varied(tmp_path_factory.mktemp("varied"), library, "en")


def write_varied(folder, library, language):
    """Write the pages of the varied class into a folder."""
    mistakes = {}
    for mistake in library.mistakes.values():
        mistakes.setdefault(mistake.function, mistake)
    attempts = []
    for student, metadata, outcomes, reasons in varied_attempts(mistakes):
        records = [
            function_record(student, function, outcome, mistakes)
            for function, outcome in zip(MAXIMA, outcomes, strict=True)
        ]
        attempts.append((Attempt(student, metadata, {}), list(zip(records, reasons, strict=True))))
    overrides = {
        "s05": {"descend": Override("s05", "descend", 1.5, "right idea")},
        "s03": {"descend": Override("s03", "descend", 1.0, "", 0.25, noted=True)},
    }
    results = list(compute_final_results(attempts, library.course, ScoreInputs(POLICY, overrides)))
    people = people_to_json({result.student: result.metadata for result in results})
    run = {"seed": 7, "sandbox": "full", "versions": {"torch": "2"}, "people": people, "folder": str(folder.parent)}
    run |= policy_facts(POLICY)
    curve = Curve("p", (1, 2, 3), (1.0, 2.0, 4.0), (1.0, 1.5, 1.6), 1)
    attachments = {"descend": Attachments(WRONG_SUM, {"two": curve}), "mean_square": Attachments(WRONG_SUM)}
    write_pages(folder, results, library, run, language, lambda _: attachments, ["a remark"])
    return VariedClass(folder, results)
