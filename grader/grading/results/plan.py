"""Plan: what a grading run was asked to do. run.json keeps it; the same plan resumes a run that did not finish."""

from __future__ import annotations

import shlex
from pathlib import Path

import msgspec

from grader.core.errors import UsageError
from grader.course.discovery import find_course
from grader.course.exercise import Course
from grader.execution.guest.default_limits import MEMORY_LIMIT, TIME_LIMIT
from grader.execution.host.submission_budget import submission_seconds
from grader.grading.policy.policy import Attempts

PLAN_SCHEMA = 1
"""Version of the fields of `Plan`. A plan of another version is not read."""


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a grading run is asked to do.

    Paths are as the user wrote them, relative to the folder in which the run was started (`folder` in run.json). If
    `course` is empty, the course is the nearest one at or above that folder, or else at or above the submissions. If
    `policy` is empty, the policy is the grader.toml of the course, if it has one. `fixes` is the folder of fixes, if
    there is one. `functions` are names of functions and exercises; an empty tuple means all. `time_limit` is in seconds
    for one experiment, `memory_limit` in MiB for one submission. `submission_limit` is in seconds for all experiments
    on one submission; None means 60, or 12 times `time_limit` if that is more. If `seed` is None, the run keeps the
    seed of the results folder, or draws one. `fresh` grades everything again, with a new seed. `dask` is the address
    of a Dask scheduler. `strict_encoding` is true if the policy has `[files] encoding = "strict"`.
    """

    submissions: str
    course: str = ""
    layout: str = "auto"
    roster: str = ""
    policy: str = ""
    fixes: str = ""
    functions: tuple[str, ...] = ()
    attempts: Attempts = Attempts.LATEST
    seed: int | None = None
    fresh: bool = False
    time_limit: float = TIME_LIMIT
    memory_limit: int = MEMORY_LIMIT
    submission_limit: float | None = None
    sandbox: str = "auto"
    dask: str = ""
    language: str = "en"
    student_pages: bool = True
    strict_encoding: bool = False
    schema: int = PLAN_SCHEMA

    @property
    def submission_seconds(self) -> float:
        """Seconds for all experiments on one submission."""
        return submission_seconds(self.time_limit, self.submission_limit)

    def encoded(self) -> bytes:
        """Return the plan as JSON; equal plans give equal bytes."""
        return msgspec.json.encode(self)

    def command(self, out: Path, seed: int) -> str:
        """Return the command that repeats a run of this plan with this seed, if typed where the run was started."""
        default, here = Plan(submissions=self.submissions), Path.cwd()
        shown = out.relative_to(here) if out.is_relative_to(here) else out
        values = {
            "course": self.course,
            "layout": self.layout,
            "roster": self.roster,
            "policy": self.policy,
            "fixes": self.fixes,
            "time_limit": f"{self.time_limit:g}",
            "memory_limit": self.memory_limit,
            "submission_limit": f"{self.submission_limit or 0:g}",
            "sandbox": self.sandbox,
            "dask": self.dask,
            "lang": self.language,
        }
        options = [("--out", shown), *(("--only", name) for name in self.functions)]
        fields = {"lang": "language"}
        for name, value in values.items():
            if getattr(self, fields.get(name, name)) != getattr(default, fields.get(name, name)):
                options.append((f"--{name.replace('_', '-')}", value))
        words = [str(word) for option in [*options, ("--seed", seed)] for word in option]
        pages = [] if self.student_pages else ["--no-student-pages"]
        return shlex.join(["grader", "grade", self.submissions, *pages, *words])

    def course_root(self, folder: Path | None = None) -> Path:
        """Return the folder of the course, for a run started in `folder` (default: the current one).

        Raises UsageError if there is no course.
        """
        if self.course:
            return find_course(folder / self.course if folder else Path(self.course))
        try:
            return find_course(folder or Path.cwd())
        except UsageError:
            return find_course(self.submissions_path(folder))

    def submissions_path(self, folder: Path | None = None) -> Path:
        """Return the path of the submissions, for a run started in `folder` (default: the current one)."""
        return folder / self.submissions if folder else Path(self.submissions)

    def selected(self, course: Course) -> list[str]:
        """Return the functions to grade in the order of the course. Raises UsageError for an unknown name."""
        known = {*course.exercise_of, *(exercise.name for exercise in course.exercises)}
        for name in self.functions:
            if name not in known:
                raise UsageError(
                    "No exercise or function {name}. Known: {known}", name=name, known=", ".join(sorted(known))
                )
        return course.select(list(self.functions))
