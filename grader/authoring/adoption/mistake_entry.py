"""Write the entry of an adopted mistake as TOML, and add it to the text of the file of mistakes."""

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
    """Return the path of the known mistakes of an exercise."""
    return root / SOLUTIONS / "mistakes" / f"{exercise}.toml"


def make_entry(name: str, hints: Mapping[str, str], answer: AnswerCode, solution: str, origin: str = ADOPTED) -> str:
    """Return the entry of an answer: an edit of the solution if that is shorter, else its whole code.

    `origin` is ADOPTED for the code of a student; empty for a changed solution.
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
    """Return the text of a file of mistakes with another entry at its end."""
    return f"{text.rstrip()}\n\n{entry}" if text.strip() else entry


def _has(solution: str, statement: ast.stmt) -> bool:
    """Return whether the solution's file contains the imports, or the definition, of a statement."""
    body = ast.parse(solution).body
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return set(_imports(statement)) <= {one for node in body for one in _imports(node)}
    return ast.dump(statement) in {ast.dump(normalized(node)) for node in body if isinstance(node, type(statement))}


def _imports(statement: ast.stmt) -> Iterator[tuple[object, ...]]:
    match statement:
        case ast.Import(names=aliases):
            yield from (("import", alias.name, alias.asname) for alias in aliases)
        case ast.ImportFrom(module=module, names=aliases, level=level):
            yield from ((module, level, alias.name, alias.asname) for alias in aliases)


def _code(statements: list[ast.stmt]) -> str:
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    parts = (("\n\n" if isinstance(one, definitions) else "") + ast.unparse(one) for one in statements)
    return "\n".join(parts).strip("\n") + "\n"


def _text(text: str) -> str:
    """Return a text as a TOML string: without escapes where possible, else with escapes."""
    if all(character in "\n\t" or character.isprintable() for character in text):
        if "\n" in text and "'''" not in text and not text.endswith("'"):
            return f"'''\n{text}'''"
        if "\n" not in text and '"' in text and "'" not in text:
            return f"'{text}'"
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
