"""Find the exercises of a course and read what they declare, from the syntax tree: no file of the course is run.

Everything wrong with the declarations is collected, so that an author mends it in one go.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grader.core.comparison import ATOL, RTOL, Tolerance
from grader.core.errors import AuthoringError, AuthoringErrors, UsageError
from grader.course.exercise import Course, Exercise
from grader.experiments.declaration import Declared

PUBLIC, HIDDEN, SOLUTIONS = Path("exercises"), Path("tests/hidden"), Path("solutions")
NOTEBOOKS = "notebooks"
"""Below exercises/ the generated notebooks, below solutions/ what authors write for them."""
OPTIONS = {"zh", "weight", "rtol", "atol", "at_most", "node_names"}


def find_course(start: Path) -> Path:
    """The nearest folder at or above `start` that has solutions/. Raises UsageError."""
    for folder in [start.resolve(), *start.resolve().parents]:
        if (folder / SOLUTIONS).is_dir() and (folder / PUBLIC).is_dir():
            return folder
    raise UsageError(
        "no course at or above {start}: name the folder that has exercises/ and solutions/ with --course", start=start
    )


def read_course(root: Path, hidden: bool = True) -> Course:
    """Read every exercise below `root`. Raises AuthoringErrors, all at once."""
    errors: list[AuthoringError] = []
    files = sorted((root / PUBLIC).glob("test_*.py"), key=natural)
    exercises = [e for file in files if (e := read_exercise(file, root if hidden else None, errors))]
    owner: dict[str, str] = {}
    for exercise in exercises:
        for function in exercise.points:
            if function in owner:
                cure = "rename one of them: a submission is searched by function name"
                found = f"{function} stands in {owner[function]} too"
                errors.append(AuthoringError(exercise.files[0], found, cure))
            owner.setdefault(function, exercise.name)
    if errors:
        raise AuthoringErrors(errors)
    return Course(root, tuple(exercises))


def read_exercise(public: Path, root: Path | None, errors: list[AuthoringError]) -> Exercise | None:
    """Read one exercise from its public file and, below `root`, its hidden one; faults go to `errors`."""
    name = public.stem.removeprefix("test_")
    files = [public]
    if root is not None and (root / HIDDEN / public.name).is_file():
        files.append(root / HIDDEN / public.name)
    trees = {file: tree for file in files if (tree := _parse(file, errors))}
    declared = _exercise_call(public, trees[public], errors) if public in trees else None
    if declared is None:
        return None
    checks = [
        c for file, tree in trees.items() for c in _experiments(file, tree, file != public, declared["points"], errors)
    ]
    ids = [check.id for check in checks]
    for check_id in sorted({i for i in ids if ids.count(i) > 1}):
        errors.append(
            AuthoringError(public, f"{check_id} is declared twice", "rename one (the hidden file counts too)")
        )
    for function in declared["points"]:
        if not any(check.function == function for check in checks):
            errors.append(AuthoringError(public, f"{function} has points but no experiment", "write one"))
    return Exercise(name, declared["en"], declared["zh"], declared["points"], tuple(checks), tuple(files))


def is_experiment_file(path: Path) -> bool:
    """Whether a test_*.py file declares experiments (cheap: a look at its text)."""
    return path.name.startswith("test_") and path.suffix == ".py" and b"\n@experiment(" in path.read_bytes()


def natural(path: Path) -> list[int | str]:
    """ex2 comes before ex10."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", path.stem)]


def _parse(file: Path, errors: list[AuthoringError]) -> ast.Module | None:
    try:
        return ast.parse(file.read_bytes(), str(file))
    except (SyntaxError, ValueError) as error:
        errors.append(AuthoringError(f"{file}:{getattr(error, 'lineno', 1)}", f"no Python: {error}", "mend the file"))
        return None


def _call(node: ast.AST, name: str) -> ast.Call | None:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
        return node
    return None


def _literals(call: ast.Call, place: str, errors: list[AuthoringError]) -> dict[str, Any]:
    """The keyword arguments of a declaration; each must be a literal."""
    found: dict[str, Any] = {}
    for keyword in call.keywords:
        try:
            found[str(keyword.arg)] = ast.literal_eval(keyword.value)
        except (ValueError, TypeError, RecursionError):
            errors.append(
                AuthoringError(place, f"{keyword.arg} is no literal", "write the value out: it is read, not run")
            )
    return found


def _exercise_call(file: Path, tree: ast.Module, errors: list[AuthoringError]) -> dict[str, Any] | None:
    for node in tree.body:
        if isinstance(node, ast.Expr) and (call := _call(node.value, "exercise")):
            declared = _literals(call, f"{file}:{node.lineno}", errors)
            if set(declared) == {"en", "zh", "points"} and _whole_numbers(declared["points"]):
                return declared
            cure = "give it en, zh and points={function: whole number from 1}"
            errors.append(AuthoringError(f"{file}:{node.lineno}", "exercise() is incomplete", cure))
            return None
    cure = "start the file with exercise(en=..., zh=..., points={function: points})"
    errors.append(AuthoringError(file, "no exercise is declared", cure))
    return None


def _whole_numbers(points: object) -> bool:
    return isinstance(points, dict) and bool(points) and all(type(n) is int and n > 0 for n in points.values())


def _experiments(
    file: Path, tree: ast.Module, hidden: bool, points: dict[str, int], errors: list[AuthoringError]
) -> Iterator[Declared]:
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef):
            continue
        call = next((call for item in node.decorator_list if (call := _call(item, "experiment"))), None)
        if call is None:
            continue
        place = f"{file}:{node.lineno} {node.name}"
        options = _literals(call, place, errors)
        faults = _faults(node, options, points)
        errors += [AuthoringError(place, found, cure) for found, cure in faults]
        if not faults:
            yield _declared(node, options, hidden)


def _faults(node: ast.FunctionDef, options: dict[str, Any], points: dict[str, int]) -> list[tuple[str, str]]:
    """What is wrong with one declaration, each with its cure."""
    arguments = [argument.arg for argument in node.args.args]
    faults = []
    if len(arguments) != 2 or arguments[1] != "given":
        faults.append((f"its parameters are ({', '.join(arguments)})", "write (the_function, given)"))
    elif arguments[0] not in points:
        faults.append(
            (f"it is about {arguments[0]}, which has no points", "add it to exercise(points=...) or mend the name")
        )
    if not ast.get_docstring(node):
        faults.append(("it has no claim", "write a docstring: the sentence that the student reads"))
    if not options.get("zh"):
        faults.append(("it has no claim in Chinese", 'add zh="..." to @experiment'))
    if unknown := sorted(options.keys() - OPTIONS):
        faults.append((f"unknown option {', '.join(unknown)}", f"known are {', '.join(sorted(OPTIONS))}"))
    at_most = options.get("at_most") or {}
    limits = list(at_most.values()) if isinstance(at_most, dict) else [None]
    if any(type(n) not in (int, float) for n in [options.get("rtol", 0.0), options.get("atol", 0.0), *limits]):
        faults.append(("rtol, atol or at_most is no number", "write numbers, and at_most={observation: number}"))
    weight = options.get("weight", 1)
    if type(weight) is not int or weight < 1:
        faults.append((f"weight is {weight!r}", "write a whole number from 1"))
    return faults


def _declared(node: ast.FunctionDef, options: dict[str, Any], hidden: bool) -> Declared:
    tolerance = Tolerance(options.get("rtol", RTOL), options.get("atol", ATOL), options.get("at_most") or {})
    claim = " ".join((ast.get_docstring(node) or "").split())
    return Declared(
        function=node.args.args[0].arg,
        name=node.name,
        claim_en=claim,
        claim_zh=options["zh"],
        hidden=hidden,
        weight=options.get("weight", 1),
        tolerance=tolerance,
        node_names=options.get("node_names", False),
    )
