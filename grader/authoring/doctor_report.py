"""Report of the doctor: findings, lists for the author to look at, and counts of everything that was tried."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Finding:
    """One fault of a course.

    place: id or file that has the fault.
    found: description of the fault.
    cure: what the author must do.
    entry: text that the author can paste into the file which the cure names; empty if there is none.
    """

    place: str
    found: str
    cure: str
    entry: str = ""


@dataclass
class DoctorReport:
    """Result of a run of the doctor.

    survivors: mutants that no check catches.
    passing: known mistakes that pass all public checks, by function.
    inexact: small random tensors in public checks whose numbers are not exact, as "CHECK: NAME in [low, high)".
    counts: kind, such as "checks" or "mistakes" -> how many of this kind were tried.
    """

    findings: list[Finding] = field(default_factory=list)
    survivors: list[str] = field(default_factory=list)
    passing: dict[str, list[str]] = field(default_factory=dict)
    inexact: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
