"""Write a mistake as an entry in TOML, and add the entry to the text of a file of mistakes."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from grader.authoring.adoption.answer_code import AnswerCode, normalized
from grader.authoring.adoption.solution_edit import find_edit
from grader.course.discovery import SOLUTIONS
from grader.course.mistakes import ADOPTED


def mistakes_file(root: Path, exercise: str) -> Path:
    """Return the path of the file with the known mistakes of an exercise."""
    return root / SOLUTIONS / "mistakes" / f"{exercise}.toml"


def make_entry(name: str, hints: Mapping[str, str], answer: AnswerCode, solution: str, origin: str = ADOPTED) -> str:
    """Return the entry of a wrong answer in TOML, with an edit of the solution, or the whole code if that is shorter.

    hints: language -> hint.
    solution: text of the solution's file.
    origin: ADOPTED for the code of a student; empty for a change of the solution.
    """
    own = [statement for statement in answer.needed if not _has(solution, statement)]
    edit, code = None if own else find_edit(solution, answer.function), _code([*own, answer.function])
    lines = [f"[{answer.function.name}.{name}]", *([f'origin = "{origin}"'] if origin else [])]
    lines += [f"{language} = {_text(hint)}" for language, hint in hints.items()]
    if edit and len(edit.old) + len(edit.new) < len(code):
        lines += [f"old = {_text(edit.old)}", f"new = {_text(edit.new)}"]
    else:
        lines.append(f"code = {_text(code)}")
    return "\n".join(lines) + "\n"


def file_with_entry(text: str, entry: str) -> str:
    """Return the text of a file of mistakes with the entry added at its end."""
    return f"{text.rstrip()}\n\n{entry}" if text.strip() else entry


def _has(solution: str, statement: ast.stmt) -> bool:
    """Return whether the solution's file contains all imports of a statement, or the same definition."""
    body = ast.parse(solution).body
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return set(_imports(statement)) <= {name for node in body for name in _imports(node)}
    return ast.dump(statement) in {ast.dump(normalized(node)) for node in body if isinstance(node, type(statement))}


def _imports(statement: ast.stmt) -> Iterator[tuple[object, ...]]:
    match statement:
        case ast.Import(names=aliases):
            yield from (("import", alias.name, alias.asname) for alias in aliases)
        case ast.ImportFrom(module=module, names=aliases, level=level):
            yield from ((module, level, alias.name, alias.asname) for alias in aliases)


def _code(statements: list[ast.stmt]) -> str:
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    parts = (("\n\n" if isinstance(node, definitions) else "") + ast.unparse(node) for node in statements)
    return "\n".join(parts).strip("\n") + "\n"


def _text(text: str) -> str:
    """Return a text as a TOML string, without escape sequences if this is possible."""
    if all(character in "\n\t" or character.isprintable() for character in text):
        if "\n" in text and "'''" not in text and not text.endswith("'"):
            return f"'''\n{text}'''"
        if "\n" not in text and '"' in text and "'" not in text:
            return f"'{text}'"
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
