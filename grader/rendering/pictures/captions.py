"""Titles, captions and labels of the pictures."""

from __future__ import annotations

from grader.core.language import translator
from grader.grading.verdicts.pictures import Chain, Curve, Picture


def title(picture: Picture, language: str) -> str:
    """Return the title of a picture, which says what it shows."""
    tr = translator(language)
    match picture:
        case Chain():
            return tr("Backward nodes, yours and expected")
        case Curve(listed=True):
            return tr("A list of numbers, yours and expected")
        case Curve():
            return tr("A value step by step, yours and expected")
    return tr("Where a tensor differs")


def caption(picture: Picture, language: str) -> str:
    """Return one or more sentences that say where the student's values differ from the expected ones in a picture."""
    tr = translator(language)
    match picture:
        case Chain(where=where, first_wrong=index):
            return tr("{where}: the two chains of operations differ from [{index}] on.").format(
                where=where, index=index
            )
        case Curve(where=where, listed=True):
            index = picture.steps[picture.first_wrong]
            return tr("{where}: the two lines part at [{index}].").format(where=where, index=index)
        case Curve(where=where):
            step = picture.steps[picture.first_wrong]
            return tr("{where}: the two lines part at step {step}.").format(where=where, step=step)
    text = tr("{where}: {wrong} of {total} entries differ.").format(
        where=picture.where, wrong=picture.wrong, total=picture.total
    )
    if picture.expected:
        text += " " + tr("Expected values are in brackets.")
    if picture.block != (1, 1):
        rows, columns = picture.block
        text += " " + tr("Each square represents {rows} × {columns} entries.").format(rows=rows, columns=columns)
    return text


def legend(language: str) -> dict[str, str]:
    """Return the words that the pictures contain, by their names in the templates."""
    tr = translator(language)
    return {
        "yours": tr("yours"),
        "expected": tr("expected"),
        "step": tr("step"),
        "end": tr("ends here"),
        "equal": tr("right"),
        "large": tr("too large"),
        "small": tr("too small"),
        "none": tr("nan or inf"),
    }
