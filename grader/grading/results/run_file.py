"""run.json: how a grading run was made, what it found in numbers, and how to make it again.

`RunFile` is the format, for readers in other languages too (docs/schemas/run.schema.json). A person may have edited the
file: `read_run` drops each part that is not of its type, so the others can still be used.
"""

from __future__ import annotations

import platform
from collections import Counter
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from grader.core.atomic_files import write_atomically
from grader.grading.policy.final_score import TOTAL
from grader.grading.results.final_result import FinalResult
from grader.grading.results.plan import Plan
from grader.submissions.people import people_to_json
from grader.submissions.submission import SubmissionMetadata

RUN_SCHEMA = 1
"""Version of run.json; release 0.1 wrote none."""


class HandedIn(msgspec.Struct):
    """How a download was read: layout and why, remarks, and students who are missing, unknown or handed in twice."""

    layout: str
    why: str
    notes: list[str]
    nothing: list[str]
    unknown: list[str]
    twice: list[list[str]]
    attempts: dict[str, int]


class Person(msgspec.Struct):
    """What is known of a student. `submitted` is ISO 8601 with a time zone; `attempt` 0: a missing submission."""

    name: str
    email: str
    group: list[str]
    submitted: str | None
    late: bool
    attempt: int
    ids: list[str]
    filed_as: str


class AppliedOverride(msgspec.Struct):
    """A score set by a person, with the automatic score it replaced. An empty `function` means the total."""

    student: str
    function: str
    score: float
    automatic: float | None


class RunFile(msgspec.Struct, kw_only=True):
    """run.json. Parts after `overrides` are written when the run has finished."""

    schema: int
    seed: int
    versions: dict[str, str]
    functions: list[str]
    finished: str | None
    sandbox: str | None
    overrides: list[AppliedOverride]
    policy: dict[str, Any] | UnsetType | None = UNSET
    policy_hash: str | UnsetType = UNSET
    students: int | UnsetType = UNSET
    outcomes: dict[str, int] | UnsetType = UNSET
    need_a_human: int | UnsetType = UNSET
    handed_in: HandedIn | UnsetType = UNSET
    people: dict[str, Person] | UnsetType = UNSET
    seconds: float | UnsetType = UNSET
    reproduce: str | UnsetType = UNSET
    folder: str | UnsetType = UNSET
    plan: Plan | UnsetType = UNSET


LENIENT = {"overrides": list[dict[str, str | float | None]], "people": dict[str, Any], "plan": dict[str, Any]}
"""Parts whose readers judge each entry by itself: one bad entry does not take the others away."""
TYPES: dict[str, Any] = {part.name: part.type for part in msgspec.structs.fields(RunFile)} | LENIENT


def write_run(folder: Path, facts: dict[str, Any]) -> None:
    """Write run.json. Raises UsageError when it cannot be written."""
    write_atomically(folder / "run.json", msgspec.json.format(msgspec.json.encode(facts), indent=2) + b"\n")


def read_run(folder: Path, *only: str) -> dict[str, Any]:
    """Read the run.json of a results folder, or some parts of it; empty when there is none that can be read."""
    try:
        raw = msgspec.json.decode((folder / "run.json").read_bytes(), type=dict[str, msgspec.Raw])
        found = {part: msgspec.json.decode(value) for part, value in raw.items() if not only or part in only}
    except (OSError, msgspec.DecodeError):
        return {}
    return {part: value for part, value in found.items() if part not in TYPES or _is_a(value, TYPES[part])}


def _is_a(value: object, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


def versions() -> dict[str, str]:
    """The versions that a verdict depends on."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for package in ("autograded", "torch", "numpy"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "unknown"
    return found


@dataclass
class Counts:
    """Counts of run.json, from final results added one by one."""

    students: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    need_a_human: int = 0

    def add(self, result: FinalResult) -> None:
        """Count a student."""
        self.students += 1
        self.outcomes.update(record.outcome for record in result.records)
        self.need_a_human += bool(result.human)

    def facts(self) -> dict[str, Any]:
        """The counts, as run.json has them."""
        outcomes = dict(sorted(self.outcomes.items()))
        return {"students": self.students, "outcomes": outcomes, "need_a_human": self.need_a_human}


@dataclass
class ResultFacts:
    """What run.json says of the final results, from results added one by one: overrides, counts and people."""

    counts: Counts = field(default_factory=Counts)
    people: dict[str, SubmissionMetadata] = field(default_factory=dict)
    overrides: list[dict[str, Any]] = field(default_factory=list)

    def add(self, result: FinalResult) -> None:
        """Add a student."""
        self.counts.add(result)
        self.people[result.student] = result.metadata
        now = {record.function: record.score for record in result.records}
        now[TOTAL] = result.final.automatic if result.final else None
        for function, override in sorted(result.overrides.items()):
            if override.score is not None and function in now:
                automatic = override.automatic if override.noted else now[function]
                row = {"student": result.student, "function": function, "score": override.score}
                self.overrides.append(row | {"automatic": automatic})

    def facts(self, handed_in: dict[str, Any] | None) -> dict[str, Any]:
        """The parts of run.json, in their order."""
        found = {"overrides": self.overrides} | self.counts.facts()
        return found | ({} if handed_in is None else {"handed_in": handed_in}) | {"people": people_to_json(self.people)}
