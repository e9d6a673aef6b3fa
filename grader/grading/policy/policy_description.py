"""Describe a policy in sentences, which an instructor can check and give to students."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from grader.course.exercise import Course
from grader.grading.policy.lateness import format_local_time
from grader.grading.policy.policy import (
    COURSE,
    Attempts,
    Extension,
    FileEncoding,
    HiddenChecks,
    PenaltyBase,
    Policy,
    ScoreExport,
)

Translate = Callable[[str], str]
PolicyLine = tuple[str, str]
"""The subject and a sentence about it, such as ("attempts", "of several attempts the latest counts")."""


def describe_policy(policy: Policy, course: Course, tr: Translate) -> Iterator[PolicyLine]:
    """Yield a line for each rule of a policy, including the default rules, in the language of `tr`."""
    languages = {"en": tr("English"), "zh": tr("Chinese"), None: tr("the language of the system, or of --lang")}
    yield tr("language"), languages.get(policy.language, policy.language or "")
    yield tr("exercises"), ", ".join(policy.exercises) or tr("all of them")
    yield from _describe_points(policy, course, tr)
    attempts = {
        Attempts.LATEST: tr("of several attempts the latest counts"),
        Attempts.BEST: tr("of several attempts the one with the best final score counts"),
    }
    yield tr("attempts"), attempts[policy.attempts]
    yield from _describe_deadlines(policy, course, tr)
    yield tr("lateness"), _describe_lateness(policy, tr)
    visibility = {
        HiddenChecks.NOTHING: tr("students see only one line with the points of all hidden checks of a function"),
        HiddenChecks.CLAIMS: tr("students see what hidden checks claim and whether they passed"),
        HiddenChecks.HINTS: tr("students see what hidden checks claim, whether they passed, and hints, but no values"),
        HiddenChecks.FULL: tr("students see everything about hidden checks, also values and calls"),
    }
    yield tr("hidden checks"), visibility[policy.hidden]
    exported = {ScoreExport.SKIP: tr("exports leave the cell as it is"), ScoreExport.ZERO: tr("exports write 0")}
    yield tr("ungraded functions"), exported[policy.ungraded.export]
    yield tr("missing submissions"), exported[policy.missing.export]
    encodings = {
        FileEncoding.RECOGNIZE: tr("UTF-8 and other encodings that the grader recognizes; a remark names these"),
        FileEncoding.STRICT: tr("only encodings that Python itself can read; other files are ungraded"),
    }
    yield tr("encoding of files"), encodings[policy.files.encoding]
    yield tr("retention"), _describe_retention(policy, tr)


def _describe_points(policy: Policy, course: Course, tr: Translate) -> Iterator[PolicyLine]:
    """Yield a line with the points of each graded exercise, and a line with their sum.

    If the policy changes the points of a function, the line of its exercise also lists the points of each function.
    """
    chosen = course.select(list(policy.exercises))
    course_total = 0.0
    for exercise in course.exercises:
        functions = [function for function in exercise.points if function in chosen]
        points = {f: float(policy.points.get(f, exercise.points[f])) for f in functions}
        course_total += sum(points.values())
        if not functions:
            continue
        text = f"{sum(points.values()):g}"
        if any(function in policy.points for function in functions):
            text += f" ({', '.join(f'{function} {number:g}' for function, number in points.items())})"
        yield tr("points of {exercise}").format(exercise=exercise.name), text
    yield tr("total points"), f"{course_total:g}"


def _describe_deadlines(policy: Policy, course: Course, tr: Translate) -> Iterator[PolicyLine]:
    if not policy.deadlines:
        yield tr("deadlines"), tr("none")
    if COURSE in policy.deadlines:
        yield tr("deadline"), _format_moment(policy.deadlines[COURSE], policy)
    for exercise in course.exercises:
        if exercise.name in policy.deadlines:
            subject = tr("deadline of {exercise}").format(exercise=exercise.name)
            yield subject, _format_moment(policy.deadlines[exercise.name], policy)
    for student, granted in policy.extensions.items():
        texts = [_describe_extension(name, extension, policy, tr) for name, extension in granted.items()]
        yield tr("extension for {student}").format(student=student), "; ".join(texts)


def _describe_extension(name: str, extension: Extension, policy: Policy, tr: Translate) -> str:
    if isinstance(extension, int):
        text = tr("additional days: {days}").format(days=extension)
    else:
        text = tr("until {moment}").format(moment=_format_moment(extension, policy))
    return text if name == COURSE else f"{name}: {text}"


def _format_moment(moment: datetime, policy: Policy) -> str:
    return f"{format_local_time(moment, policy)} ({moment:%z})" if policy.time_zone else f"{moment:%Y-%m-%d %H:%M %z}"


def _describe_lateness(policy: Policy, tr: Translate) -> str:
    late = policy.late
    if not policy.deadlines and not late.marked_days:
        return tr("no deadline, no late penalty")
    if not late.percent_per_day:
        return tr("lateness is recorded without a penalty")
    share = {PenaltyBase.SCORE: tr("of the score"), PenaltyBase.MAXIMUM: tr("of the maximum points")}[late.percent_of]
    texts = [tr("{percent:g} % {share} for every day begun").format(percent=late.percent_per_day, share=share)]
    texts.append(tr("at most {percent:g} %").format(percent=late.maximum_percent))
    if late.grace_minutes:
        texts.append(tr("grace period: {minutes:g} min").format(minutes=late.grace_minutes))
    if late.bank_days:
        texts.append(tr("late days without a penalty: {days}").format(days=late.bank_days))
    if late.marked_days is None:
        texts.append(tr("a submission that is marked as late without a time: needs review"))
    else:
        texts.append(
            tr("a submission that is marked as late without a time: {days} late days").format(days=late.marked_days)
        )
    if policy.deadlines:
        texts.append(tr("a submission without a time, if other submissions have a time: needs review"))
    return tr("; ").join(texts)


def _describe_retention(policy: Policy, tr: Translate) -> str:
    def limit(days: int | None) -> str:
        return tr("forever") if days is None else tr("for {days} days").format(days=days)

    words = tr(
        "submissions are kept {submissions}, results with names {names}; then `grader forget --expired` removes them"
    )
    return words.format(submissions=limit(policy.keep.submissions_days), names=limit(policy.keep.names_days))
