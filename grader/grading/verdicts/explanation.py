"""Say in one or two lines what became of a check: yours, expected, where."""

from __future__ import annotations

import re
from pathlib import Path

from grader.core.comparison import Difference
from grader.core.language import translator
from grader.core.observation_names import CHANGED
from grader.core.outcomes import Crashed, GraderFault, Missing, NotAttempted, Observed, Raised, Refused, TimedOut
from grader.core.visible_text import visible
from grader.grading.verdicts.reasons import reason_words
from grader.grading.verdicts.verdict import Verdict

MAX_SHOWN = 3
"""Differences shown of one check: the first few name the trouble, the rest repeat it."""


def explain(verdict: Verdict, language: str = "en") -> str:
    """What a student needs to know about a check that did not pass; empty when it passed."""
    tr = translator(language)
    match verdict.outcome:
        case Observed():
            return "\n".join(difference_words(d, language) for d in verdict.differences[:MAX_SHOWN])
        case NotAttempted():
            return tr("not started")
        case Missing(reason):
            return tr("not found: {reason}").format(reason=reason_words(reason, language))
        case Raised():
            return _raised(verdict.outcome, language)
        case TimedOut(seconds, unrun):
            if unrun:
                return tr("not run: an earlier check of this function took too long")
            return tr("no answer within {seconds:g} s: does a loop never end?").format(seconds=seconds)
        case Crashed(how, unrun):
            if unrun:
                return tr("not run: an earlier check of this function ended the process")
            return tr("the process ended without an answer: {how}").format(how=reason_words(how, language))
        case Refused(reason, human):
            said = reason_words(reason, language)
            return (tr("not judged: {reason}") if human else tr("stopped: {reason}")).format(reason=said)
        case GraderFault(detail):
            return tr("a fault of the grader, not yours: {detail}").format(detail=reason_words(detail, language))


def unreadable(file: str, place: str, language: str) -> str:
    """That Python cannot read a file, and the place, which begins as "line 3, column 5: ..."."""
    tr, place = translator(language), place.partition(": ")[0]
    if numbers := re.fullmatch(r"line (\d+), column (\d+)", place):
        place = tr("line {line}, column {column}").format(line=numbers[1], column=numbers[2])
    text = tr("✘ Python cannot read {file} yet: {place}").format(file=visible(Path(file).name), place=place)
    return text.removesuffix(": ")


def difference_words(
    difference: Difference, language: str, text: type[str] = str, yours: str = "", expected: str = ""
) -> str:
    """One difference as a sentence.

    With `text` = markupsafe's Markup all that is filled in is escaped, and the two values may be given with marks.
    """
    tr = translator(language)
    if difference.name == CHANGED:
        return text(tr("your function changed its argument — {what}")).format(what=difference.yours.strip("[]"))
    sentence = text(tr("{where}: yours {yours}, expected {expected}")).format(
        where=difference.where, yours=yours or difference.yours, expected=expected or difference.expected
    )
    if difference.total > 1:
        more = text(tr(" ({count} of {total} entries differ)"))
        sentence += more.format(count=difference.count, total=difference.total)
    return sentence


def _raised(outcome: Raised, language: str) -> str:
    text = f"{outcome.error}: {outcome.message}".rstrip(": ")
    if outcome.place:
        return f"{text}\n{reason_words(outcome.place, language)}"
    if outcome.returned:
        tr = translator(language)
        return tr("your function returned {what}, and the check could not go on with it: {error}").format(
            what=outcome.returned, error=text
        )
    return text
