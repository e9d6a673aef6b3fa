"""What lateness costs: days late by deadline, days from the bank, and the points that are taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import ceil, floor
from zoneinfo import ZoneInfo

from grader.grading.policy.policy import Late, Policy, Share
from grader.submissions.submission import SubmissionMetadata

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Missed:
    """One deadline that was missed: by how many days, how many of them were free, and the exercises behind it.

    `due` is None where the system that the submission came from only says that it was late.
    """

    exercises: tuple[str, ...]
    due: datetime | None
    days: int
    free: int = 0

    def percent(self, late: Late) -> Fraction:
        """What is taken, in percent."""
        return min(_exact(late.percent_per_day) * (self.days - self.free), _exact(late.maximum_percent))


def days_late(submitted: datetime, due: datetime, grace_minutes: float = 0) -> int:
    """The days begun since the deadline; none within the grace. In real time, whatever the clocks do."""
    over = submitted.astimezone(UTC) - due.astimezone(UTC)
    return 0 if over <= timedelta(minutes=grace_minutes) else ceil(over / DAY)


def missed_deadlines(student: str, about: SubmissionMetadata, exercises: Sequence[str], policy: Policy) -> list[Missed]:
    """The deadlines that a submission missed, the earliest first; the bank pays for the earliest first.

    Exercises that are due at the same moment share one deadline, which costs the bank its days once.
    """
    by_moment: dict[datetime | None, list[str]] = {}
    if about.submitted is None:
        if about.late and policy.late.marked_days and not policy.extensions.get(student):
            by_moment[None] = [e for e in exercises if not policy.deadlines or policy.due(student, e)]
    else:
        for exercise in exercises:
            due = policy.due(student, exercise)
            if due is not None and days_late(about.submitted, due, policy.late.grace_minutes):
                by_moment.setdefault(due, []).append(exercise)
    found, bank = [], policy.late.bank_days
    for due in sorted(by_moment, key=lambda moment: moment or datetime.min.replace(tzinfo=UTC)):
        days = policy.late.marked_days or 0
        if due is not None and about.submitted is not None:
            days = days_late(about.submitted, due, policy.late.grace_minutes)
        missed = Missed(tuple(by_moment[due]), due, days)
        found.append(replace(missed, free=min(bank, days)))
        bank -= found[-1].free
    return [missed for missed in found if missed.exercises]


def points_lost(
    missed: Sequence[Missed], scores: Mapping[str, Fraction], maxima: Mapping[str, Fraction], late: Late
) -> Fraction:
    """The points that lateness takes of the exercises' scores: in hundredths, rounded in the student's favour."""
    lost = Fraction(0)
    for deadline in missed:
        part = deadline.percent(late) / 100
        for exercise in deadline.exercises:
            base = scores[exercise] if late.percent_of == Share.SCORE else maxima[exercise]
            lost += min(scores[exercise], Fraction(floor(base * part * 100), 100))
    return lost


def in_words(missed: Sequence[Missed], everything: int, policy: Policy, tr: Callable[[str], str]) -> str:
    """Why points are taken, or why none are although it was late."""
    texts = []
    for deadline in missed:
        text = tr("late days: {days}").format(days=deadline.days)
        if deadline.free:
            text += tr(" (free: {free})").format(free=deadline.free)
        if percent := deadline.percent(policy.late):
            text += tr(", −{percent:g} %").format(percent=float(percent))
        if deadline.due is not None:
            text += tr(", was due {due}").format(due=local(deadline.due, policy))
        if len(deadline.exercises) < everything:
            text = f"{', '.join(deadline.exercises)}: {text}"
        texts.append(text)
    return "; ".join(texts)


def local(moment: datetime, policy: Policy) -> str:
    """A moment as the course's clocks show it."""
    zone = policy.time_zone or "UTC"
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} {zone}"


def undecided(student: str, about: SubmissionMetadata, policy: Policy, tr: Callable[[str], str]) -> str:
    """Why a person must decide on lateness, or nothing."""
    if about.submitted is not None or not about.late or not (policy.deadlines or policy.late.percent_per_day):
        return ""
    if policy.extensions.get(student):
        return tr("marked as late without a time; has an extension; no penalty applied")
    if policy.late.marked_days is None:
        return tr("marked as late without a time; no penalty applied (late.marked_days sets its late days)")
    return ""


def is_undated(about: SubmissionMetadata, policy: Policy) -> bool:
    """Whether a submission has no time, although there are deadlines: it was taken to be in time."""
    return bool(policy.deadlines) and about.submitted is None and not about.late and about.attempt > 0


def _exact(number: float) -> Fraction:
    """A number as it was written: 0.1 is a tenth."""
    return Fraction(str(number))
