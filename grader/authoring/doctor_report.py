"""Report of the doctor: its findings, the mutants that no check catches, and how much was tried."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Finding:
    """One fault of a course: its place (an id, or a file), what is wrong there, and what to do (`cure`)."""

    place: str
    found: str
    cure: str


@dataclass
class DoctorReport:
    """Result of a run: findings, mutants that no check catches, and how many checks, mistakes and so on were tried."""

    findings: list[Finding] = field(default_factory=list)
    survivors: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
