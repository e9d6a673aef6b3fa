"""Ask for the hint of an adopted mistake in the user's editor, in each language of the course."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping, Sequence

from grader.core.errors import UsageError

EditText = Callable[[str], str | None]
"""Opens an editor on a text; returns the saved text, or None if nothing was saved."""


def edit_hints(
    languages: Sequence[str], hints: Mapping[str, str], shown: Sequence[str], edit: EditText, tr: Callable[[str], str]
) -> dict[str, str]:
    """Return the hints that the user has written; `shown` are lines about the answer. Raises UsageError."""
    explanation = tr(
        "A hint asks one question that can be answered by looking at one line or printing one value.\n"
        "Write it between the quotation marks, in each language. Save the file to go on; leave it empty to stop."
    )
    comments = [f"# {line}".rstrip() for line in (*explanation.splitlines(), "", *shown)]
    lines = [f"{language} = {json.dumps(hints.get(language, ''), ensure_ascii=False)}" for language in languages]
    text = edit("\n".join([*comments, "", *lines]) + "\n")
    try:
        found = tomllib.loads(text or "")
    except tomllib.TOMLDecodeError as error:
        raise UsageError("The hints cannot be read: {error}. Nothing was written", error=error) from None
    return {language: hint for language in languages if isinstance(hint := found.get(language), str)}


def require_hints(languages: Sequence[str], hints: Mapping[str, str]) -> None:
    """Raise UsageError if the hint in a language is missing."""
    missing = [language for language in languages if not hints.get(language, "").strip()]
    if missing:
        raise UsageError(
            "No hint in these languages of the course: {missing}. Nothing was written", missing=", ".join(missing)
        )
