"""Report of the doctor: findings, lists that are not findings, and counts of what was tried."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Finding:
    """One fault of a course: its place (an id or a file), the fault (`found`), and what to do (`cure`).

    `entry` is text that the author can paste into the file that the cure names; empty if there is none.
    """

    place: str
    found: str
    cure: str
    entry: str = ""


@dataclass
class DoctorReport:
    """Result of a run.

    survivors: mutants that no check catches.
    passing: known mistakes that pass all public checks, by function.
    inexact: random tensors that could not be exact with the public seed: "CHECK: NAME in [low, high)".
    counts: how many checks, mistakes and so on were tried.
    """

    findings: list[Finding] = field(default_factory=list)
    survivors: list[str] = field(default_factory=list)
    passing: dict[str, list[str]] = field(default_factory=dict)
    inexact: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
