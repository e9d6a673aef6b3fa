"""A small results folder, like those of `grader grade`. Its files are the valid inputs of several targets."""

from functools import cache
from pathlib import Path

from grader.core.outcome_encoding import outcome_to_plain
from grader.core.outcomes import Observed, Raised
from grader.core.reasons import Code, Reason
from grader.execution.extraction.archive_jobs import ArchiveJob
from grader.execution.extraction.archive_stream import Ending, pack_ending
from grader.execution.guest.call_recording.recorded_call import (
    Argument,
    CheckDisplay,
    ErrorDetail,
    LiteralValue,
    RecordedCall,
)
from grader.grading.policy.final_score import Override, compute_final_score
from grader.grading.policy.policy import Policy
from grader.grading.results.final_result import FinalResult
from grader.grading.results.journal import Journal
from grader.grading.results.journal_rows.accepted_files import AcceptedFile
from grader.grading.results.journal_rows.run_table import ListedAttempt
from grader.grading.results.overrides.override_history import How, append_changes, new_change, state_of
from grader.grading.results.plan import Plan
from grader.grading.results.published_scores import publish
from grader.grading.results.result_files import write_results
from grader.grading.results.run_facts import ResultFacts
from grader.grading.results.run_file import JOURNAL_FILE, RUN_SCHEMA, versions, write_run
from grader.grading.verdicts.entry import Attachments, CheckEntry, FunctionEntry, JournalEntry, ShownDifference
from grader.grading.verdicts.pictures import Chain
from grader.grading.verdicts.record import CheckRecord, FunctionRecord
from grader.submissions.submission import AppliedFix, SubmissionMetadata
from tests.fuzz.targets.scratch import empty_folder

KEYS = {"mean_square": "0a" * 16, "descend": "0b" * 16}
"""The cache key of each function, the same for every student."""
EXERCISE_KEYS = {"mean_square": "exercise key 1", "descend": "exercise key 2"}
NO_MISTAKES = dict.fromkeys(KEYS, "")
CONTENT = b"hash of the files"
JOB = ArchiveJob(b"an archive", {".py": 1000}, 5000)
FINGERPRINT = "f" * 16
PEOPLE = {
    "ada": SubmissionMetadata(name="Ada Lovelace", email="ada@example.edu", ids=("s1", "101")),
    "bob": SubmissionMetadata(name="Bob O'Neill", email="bob@example.edu", group=("Bob O'Neill", "Eve"), late=True),
    "王小明": SubmissionMetadata(name="王小明", attempt=2),
}
OVERRIDE = Override("bob", "descend", 1.5, "a comment", 0.0, True)
CALL = RecordedCall("descend", (Argument("x", LiteralValue("1.0")), Argument("rate", LiteralValue("0.5"))), target="y")
DISPLAY = CheckDisplay(CALL, (), (ErrorDetail(1, "ValueError", "no", "return y", 3, 0, (("x", "1.0"),)),))


def record(student: str, function: str, passed: bool) -> FunctionRecord:
    """Return the record of a student's function in results.jsonl."""
    check = CheckRecord(
        "check", "A claim.", passed, 2.0 * passed, 2.0, "" if passed else "x: 1, expected 2", "f(x)", None
    )
    score, outcome = 2.0 * passed, "passed" if passed else "failed"
    fingerprint = "" if passed else FINGERPRINT
    return FunctionRecord(student, "ex1_small", function, score, 2.0, outcome, [], [check], "a.py", 0.5, fingerprint)


def final_results() -> list[FinalResult]:
    """Return the final results of PEOPLE."""
    found = []
    for number, (student, metadata) in enumerate(PEOPLE.items()):
        records = tuple(record(student, function, number != 1) for function in KEYS)
        overrides = {OVERRIDE.function: OVERRIDE} if student == OVERRIDE.student else {}
        final = compute_final_score(records, metadata, Policy(), overrides)
        found.append(FinalResult(student, records, final, metadata))
    return found


@cache
def results_folder() -> Path:
    """Return a results folder with all its files. Callers must not change it."""
    folder = empty_folder("results")
    results, facts = final_results(), ResultFacts()
    for result in results:
        facts.add(result)
    write_results(folder, results, list(KEYS), with_policy=True)
    known = {"schema": RUN_SCHEMA, "seed": 7, "versions": versions(), "functions": list(KEYS), "sandbox": "full"}
    plan = {"finished": "2026-11-30T12:00:00+00:00", "plan": Plan(submissions="class"), "folder": str(folder)}
    handed_in = {"layout": "plain", "why": "x", "notes": [], "nothing": [], "unknown": [], "twice": [], "attempts": {}}
    write_run(folder, known | plan | facts.facts(handed_in))
    publish(folder, results, "teacher")
    state = state_of(OVERRIDE)
    append_changes(folder, [new_change("bob", "descend", None, state, How.COMMAND, "teacher")])
    append_changes(folder, [new_change("bob", "descend", state, None, How.UNDO, "teacher")])
    table = "student,function,score,comment,automatic,bonus,id_hash\n"
    rows = 'bob,descend,"1,5",a comment,0.00,,\n王小明,total,3,,none,yes,\nada,,,only a comment,,,\n'
    (folder / "overrides.csv").write_text(table + rows, "utf-8")
    write_journal(folder / JOURNAL_FILE)
    return folder


def write_journal(path: Path) -> None:
    """Write a journal with a row in each of its tables."""
    with Journal(path) as journal:
        journal.begin("plan")
        journal.runs.start_attempts(EXERCISE_KEYS)
        fix = AppliedFix("digest", "original", replaced=("a.py",))
        listed = [
            ListedAttempt(student, metadata, CONTENT, fix, {"descend": "a.py"}) for student, metadata in PEOPLE.items()
        ]
        journal.runs.add_attempts(0, listed)
        for student in PEOPLE:
            journal.keep(student, KEYS, list(map(entry, KEYS)))
        journal.calls.keep("descend", EXERCISE_KEYS["descend"], lambda: {"descend::check": CALL})
        journal.accepted.add([AcceptedFile("ada", "descend", CONTENT, "a.py", ("a.py", "b.py"))])
        journal.extractions.keep("ada", JOB, "3.6", pack_ending(0, Ending.COMPLETE))
        journal.runs.complete_attempts()
        journal.runs.finish()


def entry(function: str) -> JournalEntry:
    """Return an entry of the journal with a difference, an exception, a picture, a display and source code."""
    difference = ShownDifference("x", "x[0]", "1", "2", 3, 4)
    wrong = CheckEntry("check", False, 0.0, 1.0, outcome_to_plain(Observed({})), (difference,))
    raised = CheckEntry("other", False, 0.0, 1.0, outcome_to_plain(Raised("ValueError", "no")))
    result = FunctionEntry("ex1_small", function, 0.0, 2.0, "failed", (), (wrong, raised), FINGERPRINT)
    picture = Chain("nodes", ("AddBackward0",), ("MulBackward0",), 0)
    attachments = Attachments("def f():\n    return '均方'\n", {"check": picture}, {"check": DISPLAY})
    remark = Reason.of(Code.OTHER_ENCODING, file="a.py", encoding="GBK")
    return JournalEntry(result, "a.py", 0.5, attachments, remark)
