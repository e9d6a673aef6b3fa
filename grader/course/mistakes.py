"""Known mistakes: edits of the solution (or whole functions) with a hint in English and Chinese.

solutions/mistakes/EXERCISE.toml:

    [compute_mse_loss.literal_row]        # id: compute_mse_loss__literal_row
    en = "..."
    zh = "..."
    old = "target.reshape(output.shape)"  # must occur once in the solution's function
    new = "target.reshape(1, -1)"
    # or  edits = [["old", "new"], ...]   # several edits, one after the other
    # or  code = '''def compute_mse_loss...'''
    # outcome = "timed_out"               # if it never ends, or takes the process with it ("crashed")
"""

from __future__ import annotations

import ast
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.core.errors import AuthoringError

ENDS = ("", "timed_out", "crashed")


@dataclass(frozen=True)
class Mistake:
    """A known wrong answer to one function: its hints and the whole source of the exercise with it inside.

    `ends` is "timed_out" or "crashed" for one that gives no answer at all.
    """

    function: str
    name: str
    hint_en: str
    hint_zh: str
    source: str
    ends: str = ""

    @property
    def id(self) -> str:
        """function__mistake, as results.jsonl names it."""
        return f"{self.function}__{self.name}"

    def hint(self, language: str) -> str:
        """The hint in that language."""
        return self.hint_zh if language == "zh" else self.hint_en


def read_mistakes(file: Path, solution: str, sound: bool = False) -> tuple[list[Mistake], list[AuthoringError]]:
    """The mistakes of one exercise and what is wrong with their declarations; `sound` ones are known to be Python."""
    if not file.is_file():
        return [], []
    try:
        table = tomllib.loads(file.read_text("utf-8"))
        tree = ast.parse(solution)
    except (tomllib.TOMLDecodeError, SyntaxError) as error:
        return [], [AuthoringError(file, f"cannot be read: {error}", "mend the syntax")]
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    mistakes, errors = [], []
    for function, entries in table.items():
        for name, entry in entries.items() if isinstance(entries, dict) else [("", entries)]:
            place = f"{file} [{function}.{name}]"
            if function not in functions:
                errors.append(AuthoringError(place, f"the solution has no function {function}", "mend the name"))
                continue
            try:
                if not isinstance(entry, dict):
                    raise ValueError("it is no table | write [function.mistake] and its keys below")
                source = _with_mistake(solution, functions[function], entry, sound)
                mistakes.append(_mistake(function, name, entry, source))
            except ValueError as error:
                found, _, cure = str(error).partition(" | ")
                errors.append(AuthoringError(place, found, cure or "see the head of grader/course/mistakes.py"))
    return mistakes, errors


def _mistake(function: str, name: str, entry: dict[str, Any], source: str) -> Mistake:
    for key in ("en", "zh"):
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            raise ValueError(f"no hint {key!r} | a mistake needs its hint in both languages")
    if entry.get("outcome", "") not in ENDS:
        raise ValueError(f"unknown outcome {entry['outcome']!r} | write timed_out or crashed, or leave it out")
    if unknown := entry.keys() - {"en", "zh", "old", "new", "edits", "code", "outcome"}:
        raise ValueError(f"unknown key {', '.join(sorted(unknown))} | see the head of grader/course/mistakes.py")
    return Mistake(function, name, entry["en"], entry["zh"], source, entry.get("outcome", ""))


def _with_mistake(solution: str, function: ast.FunctionDef, entry: dict[str, Any], sound: bool) -> str:
    """The solution with the mistake inside. Raises ValueError("found | cure")."""
    if "code" in entry:
        text, start = str(entry["code"]), solution.count("\n") + 2
        source = f"{solution}\n\n{text}"
    else:
        lines = solution.splitlines(keepends=True)
        start, end = function.lineno - 1, function.end_lineno or len(lines)
        text = "".join(lines[start:end])
        for old, new in entry.get("edits") or [(entry.get("old"), entry.get("new"))]:
            if not isinstance(old, str) or not isinstance(new, str):
                raise ValueError("neither edit nor code | give it old and new, edits, or code")
            if (times := text.count(old)) != 1:
                raise ValueError(f"{old!r} occurs {times} times in {function.name} | quote text that occurs once")
            text = text.replace(old, new)
        source = "".join(lines[:start]) + text + "".join(lines[end:])
    if sound:
        return source
    try:
        ast.parse(text)  # the rest of the file is the solution's, and there are a thousand mistakes
    except SyntaxError as error:
        line = start + (error.lineno or 0)
        raise ValueError(f"with it the file is no Python: {error.msg} (line {line}) | mend the edit") from None
    return source
