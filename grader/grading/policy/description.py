"""A policy in words, as a teacher checks it and could hand it to students; and an example to begin with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from grader.course.exercise import Course
from grader.grading.policy.lateness import local
from grader.grading.policy.policy import COURSE, Attempts, Extension, Hidden, Policy, Share

Translate = Callable[[str], str]
Line = tuple[str, str]
"""What it is about, and what holds."""


def in_words(policy: Policy, course: Course, tr: Translate) -> Iterator[Line]:
    """What is in force, in whole sentences."""
    languages = {"en": tr("English"), "zh": tr("Chinese"), None: tr("the system's, or --lang")}
    yield tr("language"), languages.get(policy.language, policy.language or "")
    yield tr("exercises"), ", ".join(policy.exercises) or tr("all of them")
    yield from _points(policy, course, tr)
    attempts = {
        Attempts.LATEST: tr("of several attempts the latest counts"),
        Attempts.BEST: tr("of several attempts the one with the best final score counts"),
    }
    yield tr("attempts"), attempts[policy.attempts]
    yield from _deadlines(policy, course, tr)
    yield tr("lateness"), _lateness(policy, tr)
    seen = {
        Hidden.NOTHING: tr("students see the points of all hidden checks together, and nothing else of them"),
        Hidden.CLAIMS: tr("students see what hidden checks claim and whether they passed"),
        Hidden.HINTS: tr("students see what hidden checks claim, whether they passed, and hints, but no values"),
        Hidden.FULL: tr("students see everything of hidden checks"),
    }
    yield tr("hidden checks"), seen[policy.hidden]
    yield tr("keeping"), _keeping(policy, tr)


def _points(policy: Policy, course: Course, tr: Translate) -> Iterator[Line]:
    """The points of every exercise that is graded; of the functions where they are not the declared ones."""
    chosen = course.select(list(policy.exercises))
    whole = 0.0
    for exercise in course.exercises:
        functions = [function for function in exercise.points if function in chosen]
        points = {f: float(policy.points.get(f, exercise.points[f])) for f in functions}
        whole += sum(points.values())
        if not functions:
            continue
        text = f"{sum(points.values()):g}"
        if any(function in policy.points for function in functions):
            text += f" ({', '.join(f'{function} {number:g}' for function, number in points.items())})"
        yield tr("points of {exercise}").format(exercise=exercise.name), text
    yield tr("points in all"), f"{whole:g}"


def _deadlines(policy: Policy, course: Course, tr: Translate) -> Iterator[Line]:
    if not policy.deadlines:
        yield tr("deadlines"), tr("none")
    if COURSE in policy.deadlines:
        yield tr("deadline"), _moment(policy.deadlines[COURSE], policy)
    for exercise in course.exercises:
        if exercise.name in policy.deadlines:
            what = tr("deadline of {exercise}").format(exercise=exercise.name)
            yield what, _moment(policy.deadlines[exercise.name], policy)
    for student, granted in policy.extensions.items():
        texts = [_extension(name, extension, policy, tr) for name, extension in granted.items()]
        yield tr("extension for {student}").format(student=student), "; ".join(texts)


def _extension(name: str, extension: Extension, policy: Policy, tr: Translate) -> str:
    if isinstance(extension, int):
        text = tr("days more: {days}").format(days=extension)
    else:
        text = tr("until {moment}").format(moment=_moment(extension, policy))
    return text if name == COURSE else f"{name}: {text}"


def _moment(moment: datetime, policy: Policy) -> str:
    return f"{local(moment, policy)} ({moment:%z})" if policy.time_zone else f"{moment:%Y-%m-%d %H:%M %z}"


def _lateness(policy: Policy, tr: Translate) -> str:
    late = policy.late
    if not policy.deadlines and not late.marked_days:
        return tr("no deadline, no late penalty")
    if not late.percent_per_day:
        return tr("lateness is recorded without a penalty")
    share = {Share.SCORE: tr("of the score"), Share.MAXIMUM: tr("of the points that could be had")}[late.percent_of]
    texts = [tr("{percent:g} % {share} for every day begun").format(percent=late.percent_per_day, share=share)]
    texts.append(tr("at most {percent:g} %").format(percent=late.maximum_percent))
    if late.grace_minutes:
        texts.append(tr("grace period: {minutes:g} min").format(minutes=late.grace_minutes))
    if late.bank_days:
        texts.append(tr("late days that cost a student nothing: {days}").format(days=late.bank_days))
    if late.marked_days is None:
        texts.append(tr("marked as late without a time: needs review"))
    else:
        texts.append(tr("marked as late without a time counts as late days: {days}").format(days=late.marked_days))
    return tr("; ").join(texts)


def _keeping(policy: Policy, tr: Translate) -> str:
    def limit(days: int | None) -> str:
        return tr("for ever") if days is None else tr("for {days} days").format(days=days)

    words = tr("submissions {submissions}; results with names {names} (`grader forget --expired`)")
    return words.format(submissions=limit(policy.keep.submissions_days), names=limit(policy.keep.names_days))
