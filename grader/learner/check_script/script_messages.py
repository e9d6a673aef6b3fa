"""Messages of a script's comparison in the learner's language, as assignments to the constants of `script_runtime`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from grader.core.values import CHANGED_ARGUMENTS
from grader.grading.verdicts.explanation import ARGUMENT_CHANGES
from grader.learner.check_script.literal_inputs import quoted

WRITTEN_HERE = ("SAME", "RETURNED", "ENTRIES", "CHANGED", "CHANGED_ARGUMENTS", "WORDS", "HOW_CHANGED", "DROPPED")
"""Constants of `script_runtime` that are not copied into a script, because each script assigns its own values."""


def message_lines(tr: Callable[[str], str]) -> Iterator[str]:
    """Yield the lines that assign the messages of the comparison in the language of `tr`."""
    messages = {
        "SAME": tr("Nothing differs from what is expected."),
        "RETURNED": tr("returned {value}, expected {expected}"),
        "ENTRIES": tr("{count} of {total} entries differ; at {place} {values}"),
        "CHANGED": tr("your function changed its argument: {what}"),
        "CHANGED_ARGUMENTS": CHANGED_ARGUMENTS,
    }
    yield from (f"{name} = {quoted(text)}" for name, text in messages.items())
    words = {
        "at most": tr("at most {limit}"),
        "nothing": tr("nothing"),
        "keys": tr("keys of {place}"),
        "shape": tr("shape of {place}"),
        "dtype": tr("dtype of {place}"),
        "tensor": tr("tensor of shape {shape}"),
        "object": tr("an object of type {kind}"),
    }
    yield from _dictionary("WORDS", words)
    translate = tr  # another name, because Babel expects a literal argument in each call of `tr`
    yield from _dictionary("HOW_CHANGED", {how: text for how in ARGUMENT_CHANGES if (text := translate(how)) != how})


def _dictionary(name: str, texts: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines of an assignment of a dictionary of texts."""
    if not texts:
        yield f"{name} = {{}}"
        return
    yield f"{name} = {{"
    yield from (f"    {quoted(key)}: {quoted(text)}," for key, text in texts.items())
    yield "}"
