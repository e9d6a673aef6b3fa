"""Late penalty of a submission: its late days for each deadline, the free days among them, the points subtracted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import ceil, floor
from zoneinfo import ZoneInfo

from grader.grading.policy.policy import LatePolicy, PenaltyBase, Policy
from grader.submissions.submission import SubmissionMetadata

DAY = timedelta(days=1)


@dataclass(frozen=True)
class MissedDeadline:
    """A missed deadline: the exercises that were due, the number of late days, and how many of these days are free.

    `due` is None if the LMS only marks the submission as late.
    """

    exercises: tuple[str, ...]
    due: datetime | None
    days: int
    free: int = 0

    def percent(self, late: LatePolicy) -> Fraction:
        """Return the penalty in percent, at most `late.maximum_percent`; free days cost nothing."""
        return min(_to_fraction(late.percent_per_day) * (self.days - self.free), _to_fraction(late.maximum_percent))


def days_late(submitted: datetime, due: datetime, grace_minutes: float = 0) -> int:
    """Return the number of days that have begun since the deadline; 0 within the grace period.

    A day is 24 hours long, even if the clocks change on that day.
    """
    delay = submitted.astimezone(UTC) - due.astimezone(UTC)
    return 0 if delay <= timedelta(minutes=grace_minutes) else ceil(delay / DAY)


def find_missed_deadlines(
    student: str, metadata: SubmissionMetadata, exercises: Sequence[str], policy: Policy
) -> list[MissedDeadline]:
    """Return the deadlines that a submission missed, the earliest first.

    The free late days of the policy (`bank_days`) are used for the earliest deadlines first. Exercises that are due at
    the same moment share one deadline, so together they use free days only once.
    """
    by_moment: dict[datetime | None, list[str]] = {}
    if metadata.submitted is None:
        if metadata.late and policy.late.marked_days and not policy.extensions.get(student):
            by_moment[None] = [e for e in exercises if not policy.deadlines or policy.due(student, e)]
    else:
        for exercise in exercises:
            due = policy.due(student, exercise)
            if due is not None and days_late(metadata.submitted, due, policy.late.grace_minutes):
                by_moment.setdefault(due, []).append(exercise)
    found, bank = [], policy.late.bank_days
    for due in sorted(by_moment, key=lambda moment: moment or datetime.min.replace(tzinfo=UTC)):
        days = policy.late.marked_days or 0
        if due is not None and metadata.submitted is not None:
            days = days_late(metadata.submitted, due, policy.late.grace_minutes)
        missed = MissedDeadline(tuple(by_moment[due]), due, days)
        found.append(replace(missed, free=min(bank, days)))
        bank -= found[-1].free
    return [missed for missed in found if missed.exercises]


def compute_penalty(
    missed: Sequence[MissedDeadline], scores: Mapping[str, Fraction], maxima: Mapping[str, Fraction], late: LatePolicy
) -> Fraction:
    """Return the late penalty in points, rounded to hundredths in the student's favor.

    `scores` and `maxima` are the earned and the possible points of each exercise.
    """
    penalty = Fraction(0)
    for deadline in missed:
        part = deadline.percent(late) / 100
        for exercise in deadline.exercises:
            base = scores[exercise] if late.percent_of == PenaltyBase.SCORE else maxima[exercise]
            penalty += min(scores[exercise], Fraction(floor(base * part * 100), 100))
    return penalty


def explain_penalty(missed: Sequence[MissedDeadline], exercises: int, policy: Policy, tr: Callable[[str], str]) -> str:
    """Explain a penalty: for each missed deadline the late days, the free days among them, and the penalty in percent.

    `exercises` is the number of graded exercises. If a deadline applies to only some of them, its text begins with
    their names.
    """
    texts = []
    for deadline in missed:
        text = tr("late days: {days}").format(days=deadline.days)
        if deadline.free:
            text += tr(" (free: {free})").format(free=deadline.free)
        if percent := deadline.percent(policy.late):
            text += tr(", −{percent:g} %").format(percent=float(percent))
        if deadline.due is not None:
            text += tr(", was due {due}").format(due=format_local_time(deadline.due, policy))
        if len(deadline.exercises) < exercises:
            text = f"{', '.join(deadline.exercises)}: {text}"
        texts.append(text)
    return "; ".join(texts)


def format_local_time(moment: datetime, policy: Policy) -> str:
    """Write a moment in the time zone of the course, or in UTC, to the minute and with the name of the zone."""
    zone = policy.time_zone or "UTC"
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} {zone}"


def explain_undecided_lateness(
    student: str,
    metadata: SubmissionMetadata,
    exercises: Sequence[str],
    policy: Policy,
    is_dated_class: bool,
    tr: Callable[[str], str],
) -> str:
    """Return the reason why a person must decide about lateness; an empty text if there is none.

    `is_dated_class` is true if some submission of the class has a time. If `is_dated_class` is false, the download
    gives no times at all, so a submission without a time is normal.
    """
    if metadata.submitted is not None or metadata.attempt < 1:
        return ""
    if not metadata.late:
        has_deadline = any(policy.due(student, exercise) for exercise in exercises)
        return tr("no time of submission; no penalty applied") if is_dated_class and has_deadline else ""
    if not (policy.deadlines or policy.late.percent_per_day):
        return ""
    if policy.extensions.get(student):
        return tr("marked as late without a time; has an extension; no penalty applied")
    if policy.late.marked_days is None:
        return tr("marked as late without a time; no penalty applied (late.marked_days sets its late days)")
    return ""


def is_marked_late(metadata: SubmissionMetadata, policy: Policy) -> bool:
    """True if the LMS marks the submission as late, and the grader cannot check it without a time or a deadline."""
    return metadata.late and (metadata.submitted is None or not policy.deadlines)


def is_undated(metadata: SubmissionMetadata, policy: Policy) -> bool:
    """True if the policy has deadlines, and a submission has no time and is not marked as late.

    A submission without a time is treated as on time. If other submissions of the class have a time, it also needs
    review: see `explain_undecided_lateness`.
    """
    return bool(policy.deadlines) and metadata.submitted is None and not metadata.late and metadata.attempt > 0


def _to_fraction(number: float) -> Fraction:
    """Return the number exactly as a person writes it in decimals: 0.1 becomes one tenth."""
    return Fraction(str(number))
