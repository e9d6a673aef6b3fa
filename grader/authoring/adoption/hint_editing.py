"""Let the user write the hint of an adopted mistake in a text editor, in each language of the course."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from grader.core.errors import UsageError


def edit_hints(
    languages: Sequence[str], hints: Mapping[str, str], shown: Sequence[str], tr: Callable[[str], str]
) -> dict[str, str]:
    """Open an editor in which the user writes hints, and return them by language.

    hints: hints that the file already contains when the editor opens.
    shown: lines about the answer, shown as comments.
    Raises UsageError if the editor fails, or if the saved file is not valid TOML.
    """
    explanation = tr(
        "A hint asks one question that can be answered by looking at one line or printing one value.\n"
        "Write the hint between the quotation marks, in each language. Save the file to go on; leave the hint "
        "empty to stop."
    )
    comments = [f"# {line}".rstrip() for line in (*explanation.splitlines(), "", *shown)]
    lines = [f"{language} = {json.dumps(hints.get(language, ''), ensure_ascii=False)}" for language in languages]
    text = edit_text("\n".join([*comments, "", *lines]) + "\n")
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError("The hints cannot be read: {error}. Nothing was written", error=error) from None
    return {language: hint for language in languages if isinstance(hint := found.get(language), str)}


def edit_text(text: str) -> str:
    """Open a text in the user's editor ($VISUAL, $EDITOR or vi), and return the saved text.

    Raises UsageError if the editor cannot be started, or reports an error.
    """
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    with TemporaryDirectory() as folder:
        file = Path(folder) / "hint.toml"
        file.write_text(text, "utf-8")
        try:
            subprocess.run([*shlex.split(editor), str(file)], check=True)
            return file.read_text("utf-8")
        except (OSError, ValueError, subprocess.CalledProcessError) as error:
            raise UsageError("The editor failed ({error}). Pass the hints: --en HINT --zh HINT", error=error) from None


def require_hints(languages: Sequence[str], hints: Mapping[str, str]) -> None:
    """Raise UsageError if the hint is missing in one of the languages."""
    missing = [language for language in languages if not hints.get(language, "").strip()]
    if missing:
        raise UsageError(
            "The hint is missing in these languages of the course: {missing}. Nothing was written",
            missing=", ".join(missing),
        )
