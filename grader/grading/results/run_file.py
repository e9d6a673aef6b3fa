"""run.json: how a grading run was made, its results in numbers, and how to repeat it.

`RunFile` is the format; docs/schemas/run.schema.json describes it for programs in other languages. A person may have
edited the file: `read_run` drops each part that has the wrong type, and returns the other parts.
"""

from __future__ import annotations

import platform
import shlex
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from grader.core.errors import DAMAGED, UsageError
from grader.core.files.atomic_files import remove_unfinished, write_atomically
from grader.core.files.regular_files import read_regular
from grader.core.visible_text import visible
from grader.grading.results.folder_lock import find_holder
from grader.grading.results.plan import Plan

RUN_FILE, JOURNAL_FILE = "run.json", "journal.sqlite"
"""Names of two files in a results folder. `submissions.results_folders` recognizes a results folder by these two
files."""
RUN_SCHEMA = 1
"""Version of run.json. The files of release 0.1 have no version."""


class DownloadSummary(msgspec.Struct):
    """How a download was read, and what is wrong in it.

    `layout` is its kind, and `why` the reason for choosing it. `notes` are remarks. `nothing` lists the students of the
    roster without a submission, `unknown` the students who are not on the roster, `twice` the students who appear under
    several names. `attempts` counts the attempts of each student who has several.
    """

    layout: str
    why: str
    notes: list[str]
    nothing: list[str]
    unknown: list[str]
    twice: list[list[str]]
    attempts: dict[str, int]


class StudentFacts(msgspec.Struct):
    """What the download and the roster say of a student.

    `submitted` is ISO 8601 with a time zone; `attempt` is 0 if the submission is missing.
    """

    name: str
    email: str
    group: list[str]
    submitted: str | None
    late: bool
    attempt: int
    ids: list[str]
    filed_as: str


class AppliedOverride(msgspec.Struct):
    """A score set by a person, and the automatic score that it replaced. An empty `function` means the total."""

    student: str
    function: str
    score: float
    automatic: float | None


class RunFile(msgspec.Struct, kw_only=True):
    """Content of run.json.

    A run writes the file when it begins, and again when it has written the result files. Before that, `overrides`,
    `people`, `not_graded` and the policy are those of the last run, whose result files are still in the folder, and
    `students`, `outcomes`, `need_a_human`, `handed_in`, `seconds` and `reproduce` are missing.

    `submissions` is the number of attempts that the run grades. `not_graded` appears only if the result files are those
    of a run that did not finish (`grader regrade --finish`). `not_graded` is the number of attempts that were not
    graded when the files were written, or that lacked their second try; null if the number is unknown.
    """

    schema: int
    seed: int
    versions: dict[str, str]
    functions: list[str]
    finished: str | None
    sandbox: str | None
    overrides: list[AppliedOverride]
    submissions: int | UnsetType | None = UNSET
    not_graded: int | UnsetType | None = UNSET
    policy: dict[str, Any] | UnsetType | None = UNSET
    policy_hash: str | UnsetType = UNSET
    students: int | UnsetType = UNSET
    outcomes: dict[str, int] | UnsetType = UNSET
    needs_review: int | UnsetType = msgspec.field(default=UNSET, name="need_a_human")
    handed_in: DownloadSummary | UnsetType = UNSET
    people: dict[str, StudentFacts] | UnsetType = UNSET
    seconds: float | UnsetType = UNSET
    reproduce: str | UnsetType = UNSET
    folder: str | UnsetType = UNSET
    plan: Plan | UnsetType = UNSET


CHECKED_BY_READERS = {
    "overrides": list[dict[str, str | float | None]],
    "people": dict[str, Any],
    "plan": dict[str, Any],
}
"""Parts whose readers check each entry by itself, so that one wrong entry does not remove the others."""
TYPES: dict[str, Any] = {part.encode_name: part.type for part in msgspec.structs.fields(RunFile)} | CHECKED_BY_READERS


def write_run(folder: Path, facts: dict[str, Any]) -> None:
    """Write run.json. Raises UsageError when it cannot be written."""
    remove_unfinished(folder / RUN_FILE)
    write_atomically(folder / RUN_FILE, msgspec.json.format(msgspec.json.encode(facts), indent=2) + b"\n")


def read_run(folder: Path, *only: str) -> dict[str, Any]:
    """Return the run.json of a results folder, or the parts named in `only`; empty if it cannot be read."""
    try:
        encoded_parts = msgspec.json.decode(read_regular(folder / RUN_FILE), type=dict[str, msgspec.Raw])
        found = {part: msgspec.json.decode(value) for part, value in encoded_parts.items() if not only or part in only}
    except (OSError, *DAMAGED):
        return {}
    return {part: value for part, value in found.items() if part not in TYPES or _has_type(value, TYPES[part])}


def is_interrupted(folder: Path) -> bool:
    """True if the last run into a results folder did not finish, because it was killed or is still running."""
    run = read_run(folder, "finished", "plan")
    return "plan" in run and run.get("finished") is None and (folder / JOURNAL_FILE).is_file()


def finishing_command(folder: Path) -> str:
    """Return the command that finishes an interrupted run."""
    return shlex.join(["grader", "regrade", str(folder)])


def missing_results(folder: Path) -> UsageError:
    """Return the error for a folder without result files: a run is going on, was interrupted, or never took place."""
    if is_interrupted(folder):
        if holder := find_holder(folder):
            return UsageError(
                "{path}: {command} is running (process {process} on {host}, since {since}) and has written no results "
                "yet. Wait until it has ended.",
                path=folder,
                command=visible(holder.command),
                process=holder.process,
                host=visible(holder.host),
                since=holder.local_since,
            )
        return UsageError(
            "{path}: interrupted: the run did not finish, and no result files are written yet. To finish it, run: "
            "{command}. To write the files of what is graded so far: {command} --finish",
            path=folder,
            command=finishing_command(folder),
        )
    return UsageError(
        "No results.jsonl in this folder: {path}. Name a results folder of `grader grade --out`", path=folder
    )


def earlier_results(folder: Path) -> UsageError:
    """Return the warning that the result files of a folder are older than its last run, which has not finished.

    If `grader regrade --finish` wrote the files from the unfinished run, the warning says how many submissions are not
    graded.
    """
    if holder := find_holder(folder):
        return UsageError(
            "{path}: {command} is running (process {process} on {host}, since {since}), so these are earlier results.",
            path=folder,
            command=visible(holder.command),
            process=holder.process,
            host=visible(holder.host),
            since=holder.local_since,
        )
    command, run = finishing_command(folder), read_run(folder, "not_graded")
    if "not_graded" not in run:
        return UsageError(
            "{path}: interrupted: the last run did not finish, so these are earlier results. To finish it, run: "
            "{command}",
            path=folder,
            command=command,
        )
    if run["not_graded"] is None:
        return UsageError(
            "{path}: interrupted: the last run did not finish. Submissions may be missing in these results. To grade "
            "the whole class, run: {command}",
            path=folder,
            command=command,
        )
    return UsageError(
        "{path}: interrupted: the last run did not finish. Submissions that are not graded yet: {count}. To grade the "
        "whole class, run: {command}",
        path=folder,
        count=run["not_graded"],
        command=command,
    )


def apply_later(folder: Path) -> UsageError:
    """Return the error of a command with --apply: it cannot write the result files of an interrupted run."""
    return UsageError(
        "{path}: interrupted: the last run did not finish, so --apply does not work here, and nothing was changed. Run "
        "the command without --apply, then finish the run: {command}. To write the files without what is not graded "
        "yet: {command} --finish",
        path=folder,
        command=finishing_command(folder),
    )


def _has_type(value: object, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


def versions() -> dict[str, str]:
    """Return the versions that a verdict depends on: Python, platform, grader, torch, numpy."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for package in ("autograded", "torch", "numpy"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "unknown"
    return found
