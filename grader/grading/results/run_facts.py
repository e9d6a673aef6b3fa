"""Facts of a run for run.json: what is known when it begins, and what its final results add.

`run_file` is the format of run.json.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from grader.execution.host.sandbox_detection import AUTOMATIC
from grader.grading.policy.final_score import TOTAL
from grader.grading.results.final_result import FinalResult
from grader.grading.results.plan import Plan
from grader.grading.results.run_file import RUN_SCHEMA, versions
from grader.submissions.people import people_to_json
from grader.submissions.submission import SubmissionMetadata

POLICY = ("policy", "policy_hash")
"""Parts of run.json that hold the policy of the results."""
INTERRUPTION = ("submissions", "not_graded")
"""Parts of run.json that say how many submissions an interrupted run has not graded."""
EARLIER = ("schema", "seed", "sandbox", "overrides", "people", "seconds", "versions", *INTERRUPTION, *POLICY)
"""Parts of the last run's run.json that the next run into the folder reads."""


def first_facts(
    seed: int, functions: Sequence[str], earlier: Mapping[str, Any], reopened: bool, submissions: int | None
) -> dict[str, Any]:
    """Return the parts of run.json that are known when a run begins.

    With `reopened`, an earlier run is opened again to compute its results once more. `earlier` is the run.json of the
    last run. `submissions` is the number of attempts that the run will grade; None: unknown.
    """
    return {
        "schema": RUN_SCHEMA,
        "seed": seed,
        "versions": earlier.get("versions", {}) if reopened else versions(),
        "functions": functions,
        "finished": None,
        "sandbox": earlier.get("sandbox"),
        "overrides": earlier.get("overrides", []),
        "submissions": earlier.get("submissions") if reopened else submissions,
    }


def reusable_level(level: str, plan: Plan) -> str:
    """Return the sandbox level of the last run if the plan accepts it, else an empty text.

    The level is part of the cache keys. With the level of the last run, its verdicts can be reused before a sandbox is
    started. Verdicts of a run without a sandbox are reused only if the plan names the level `none`: student code ran
    with the permissions of the user, so it may have changed any file.
    """
    accepted = AUTOMATIC if plan.sandbox == "auto" else (plan.sandbox,)
    return level if level in accepted else ""


def plan_facts(plan: Plan) -> dict[str, Any]:
    """Return the parts of run.json from which a run can be repeated: its plan, and the folder of its relative paths."""
    return {"folder": str(Path.cwd()), "plan": plan}


def known_results(earlier: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts of the last run.json that stay true until the next run has replaced the result files."""
    return {part: earlier[part] for part in ("people", "not_graded", *POLICY) if part in earlier}


def end_facts(is_complete: bool, seconds: float, command: str) -> dict[str, Any]:
    """Return the parts of run.json that are known at the end of a run; `command` is the one that repeats the run."""
    return {
        "finished": datetime.now(UTC).isoformat(timespec="seconds") if is_complete else None,
        "seconds": round(seconds, 2),
        "reproduce": command,
    }


def interruption_facts(submissions: int | None, decided: int) -> dict[str, Any]:
    """Return how many attempts an interrupted run has not graded; `decided` is the number of graded attempts."""
    return {"not_graded": None if submissions is None else submissions - decided}


@dataclass
class Counts:
    """Counts of students, outcomes and reviews, for run.json. Call `add` with each final result."""

    students: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    needs_review: int = 0

    def add(self, result: FinalResult) -> None:
        """Count the outcomes of one student, and the student if they need review."""
        self.students += 1
        self.outcomes.update(record.outcome for record in result.records)
        self.needs_review += bool(result.review_reason)

    def facts(self) -> dict[str, Any]:
        """Return the counts under their keys in run.json."""
        outcomes = dict(sorted(self.outcomes.items()))
        return {"students": self.students, "outcomes": outcomes, "need_a_human": self.needs_review}


@dataclass
class ResultFacts:
    """Overrides, counts of outcomes, and metadata of each student's submission, for run.json.

    Call `add` with each final result.
    """

    counts: Counts = field(default_factory=Counts)
    people: dict[str, SubmissionMetadata] = field(default_factory=dict)
    overrides: list[dict[str, Any]] = field(default_factory=list)

    def add(self, result: FinalResult) -> None:
        """Collect the metadata, the outcomes and the overrides of one student."""
        self.counts.add(result)
        self.people[result.student] = result.metadata
        automatic_scores = {record.function: record.score for record in result.records}
        automatic_scores[TOTAL] = result.final.automatic
        for function, override in sorted(result.overrides.items()):
            if override.score is not None and function in automatic_scores:
                automatic = override.automatic if override.noted else automatic_scores[function]
                row = {"student": result.student, "function": function, "score": override.score}
                self.overrides.append(row | {"automatic": automatic})

    def facts(self, handed_in: dict[str, Any] | None) -> dict[str, Any]:
        """Return the collected parts of run.json, in the order in which run.json has them."""
        found = {"overrides": self.overrides} | self.counts.facts()
        return found | ({} if handed_in is None else {"handed_in": handed_in}) | {"people": people_to_json(self.people)}
