"""Read the known mistakes of an exercise: wrong variants of the solution, each with a hint in every language.

solutions/mistakes/EXERCISE.toml:

    [compute_mse_loss.literal_row]        # id: compute_mse_loss__literal_row
    en = "..."
    zh = "..."
    old = "target.reshape(output.shape)"  # must occur exactly once in the function
    new = "target.reshape(1, -1)"
    # or  edits = [["old", "new"], ...]   # in place of old and new: several edits, in this order
    # or  code = '''def compute_mse_loss...'''    # in place of an edit: the whole wrong function
    # Optional keys:
    # outcome = "timed_out"               # for a function that never returns; "crashed" if it ends the process
    # passes_public = "needs a long run"  # for a mistake that passes all public checks: why, one of PASSES_PUBLIC
    # belief = "counts rows"              # two mistakes with the same belief may give the same result in a check
    # origin = "adopted"                  # for a student's code (`grader adopt`), which runs in the sandbox only
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.core.errors import AuthoringError
from grader.core.language import is_language_code
from grader.core.text import Text
from grader.course.source_lines import source_lines

FATAL_OUTCOMES = ("timed_out", "crashed")
"""Values of the key `outcome`."""

PASSES_PUBLIC = ("needs digits", "needs a long run", "needs another torch", "would give an answer away")
"""Accepted reasons why a mistake passes all public checks: values of the key `passes_public`."""

ADOPTED = "adopted"
"""Value of the key `origin` for a mistake whose code a student wrote."""

KEYS = ("old", "new", "edits", "code", "outcome", "passes_public", "belief", "origin")
"""Keys of a mistake. All keys of a mistake except these are hints, by language code."""


@dataclass(frozen=True)
class Mistake:
    """A known wrong answer to one function, with its hint.

    source: source of the solution with the wrong function instead of the right function.
    fatal_outcome: "timed_out" or "crashed" if a call of the function never returns; else empty.
    passes_public: one of PASSES_PUBLIC for a mistake that passes all public checks; else empty.
    belief: name of the wrong belief that this mistake shares with other mistakes, or empty. The hint of one mistake is
        right for the others, too.
    adopted: True if a student wrote the code. The code of a student runs in the sandbox only.
    """

    function: str
    name: str
    hint: Text
    source: str
    fatal_outcome: str = ""
    passes_public: str = ""
    belief: str = ""
    adopted: bool = False

    @property
    def id(self) -> str:
        """Id of the mistake, as in results.jsonl: "function__mistake"."""
        return f"{self.function}__{self.name}"


def read_mistakes(
    file: Path, solution: str, languages: Sequence[str], parsed_before: bool = False
) -> tuple[list[Mistake], list[AuthoringError]]:
    """Return the mistakes of one exercise and the faults in their declarations; two empty lists if there is no file.

    solution: source of the solution, to which the edits apply.
    languages: languages of the exercise; each mistake needs a hint in all of them.
    parsed_before: True to skip the syntax check of the mistakes.
    """
    if not file.is_file():
        return [], []
    return parse_mistakes(file.read_text("utf-8"), file, solution, languages, parsed_before)


def parse_mistakes(
    text: str, file: Path, solution: str, languages: Sequence[str], parsed_before: bool = False
) -> tuple[list[Mistake], list[AuthoringError]]:
    """Return the mistakes in a `text`, as `read_mistakes` does for a file. The faults name the path `file`."""
    try:
        table = tomllib.loads(text)
        tree = ast.parse(solution)
    except (tomllib.TOMLDecodeError, SyntaxError) as error:
        return [], [AuthoringError(file, f"cannot be read: {error}", "correct the syntax")]
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    mistakes, errors = [], []
    for function, entries in table.items():
        for name, entry in entries.items() if isinstance(entries, dict) else [("", entries)]:
            place = f"{file} [{function}.{name}]"
            if function not in functions:
                errors.append(AuthoringError(place, f"the solution has no function {function}", "correct the name"))
                continue
            try:
                if not isinstance(entry, dict):
                    raise ValueError("it is not a table | write [function.mistake], and its keys below")
                source = _with_mistake(solution, functions[function], entry, parsed_before)
                mistakes.append(_mistake(function, name, entry, source, languages))
            except ValueError as error:
                found, _, cure = str(error).partition(" | ")
                errors.append(AuthoringError(place, found, cure or 'write edits = [["old", "new"], ...]'))
    return mistakes, errors


def _mistake(function: str, name: str, entry: dict[str, Any], source: str, languages: Sequence[str]) -> Mistake:
    for language in languages:
        if not isinstance(entry.get(language), str) or not entry[language].strip():
            raise ValueError(f"no hint {language!r} | write the hint in each language: {', '.join(languages)}")
    if entry.get("outcome", "") not in ("", *FATAL_OUTCOMES):
        raise ValueError(f"unknown outcome {entry['outcome']!r} | write timed_out or crashed, or remove the key")
    if (reason := entry.get("passes_public", "")) not in ("", *PASSES_PUBLIC):
        raise ValueError(f"unknown reason {reason!r} | write one of: {', '.join(PASSES_PUBLIC)}")
    if not isinstance(belief := entry.get("belief", ""), str):
        raise ValueError("belief is not a text | write the name of the belief that these mistakes share")
    if (origin := entry.get("origin", ADOPTED)) != ADOPTED:
        raise ValueError(f"unknown origin {origin!r} | write {ADOPTED}, or remove the key")
    unknown = sorted(entry.keys() - {*languages, *KEYS})
    if language := next(filter(is_language_code, unknown), ""):
        found = f"a hint in {language}, but exercise() has no title in {language}"
        raise ValueError(f"{found} | remove it, or add {language}=TITLE to every exercise() of the course")
    if unknown:
        keys = ", ".join([*languages, *KEYS])
        raise ValueError(f"unknown key {', '.join(unknown)} | the keys are {keys}")
    hint = Text(**{language: entry[language] for language in languages})
    return Mistake(function, name, hint, source, entry.get("outcome", ""), reason, belief, "origin" in entry)


def _with_mistake(solution: str, function: ast.FunctionDef, entry: dict[str, Any], parsed_before: bool) -> str:
    """Return the source of the solution with the mistake in it. Raises ValueError("fault | cure")."""
    if "code" in entry:
        text, start = str(entry["code"]), solution.count("\n") + 2
        source = f"{solution}\n\n{text}"
    else:
        lines = source_lines(solution, keepends=True)
        start, end = function.lineno - 1, function.end_lineno or len(lines)
        text = "".join(lines[start:end])
        edits = entry.get("edits") or [[entry.get("old"), entry.get("new")]]
        if not isinstance(edits, list) or not all(isinstance(edit, list) and len(edit) == 2 for edit in edits):
            raise ValueError('edits is not a list of pairs | write edits = [["old", "new"], ...]')
        for old, new in edits:
            if not isinstance(old, str) or not isinstance(new, str):
                raise ValueError("the mistake has neither an edit nor code | write old and new, or edits, or code")
            if (times := text.count(old)) != 1:
                raise ValueError(f"{old!r} occurs {times} times in {function.name} | quote text that occurs once")
            text = text.replace(old, new)
        source = "".join(lines[:start]) + text + "".join(lines[end:])
    if parsed_before:
        return source
    try:
        ast.parse(text)  # to save time, parse only the changed part: a course may have a thousand mistakes
    except SyntaxError as error:
        line = start + (error.lineno or 0)
        found = f"the solution with this mistake has a syntax error: {error.msg} (line {line})"
        raise ValueError(f"{found} | correct the edit or the code") from None
    return source
