"""Find the exercises of a course and read their declarations from the syntax tree, without running a file.

The functions collect all faults before they raise an error, so that an author can fix all of them after one run.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from grader.core.comparison import ATOL, RTOL, Tolerance
from grader.core.errors import AuthoringError, AuthoringErrors, UsageError
from grader.core.language import is_language_code
from grader.core.text import ENGLISH, Text
from grader.course.exercise import Course, Exercise
from grader.experiments.declaration import Check

PUBLIC, HIDDEN, SOLUTIONS = Path("exercises"), Path("tests/hidden"), Path("solutions")
NOTEBOOKS = "notebooks"
"""Name of the folder of generated notebooks in exercises/, and of the folder of their lessons in solutions/."""
OPTIONS = {"weight", "rtol", "atol", "at_most", "node_names"}
"""Options of @experiment. All keyword arguments of @experiment except these options are claims, by language code."""

RESERVED = ("old", "new")
"""Keys of a mistake (`course.mistakes`) that have the form of a language code, and so must not be used as one."""


def find_course(start: Path) -> Path:
    """Return `start` or its nearest parent folder that has exercises/ and solutions/. Raises UsageError without any."""
    for folder in [start.resolve(), *start.resolve().parents]:
        if (folder / SOLUTIONS).is_dir() and (folder / PUBLIC).is_dir():
            return folder
    raise UsageError(
        "No course found at or above {start}. Pass the folder that holds exercises/ and solutions/: --course FOLDER",
        start=start,
    )


def read_course(root: Path, hidden: bool = True) -> Course:
    """Return the course in the folder `root`; without `hidden`, its hidden checks are not read.

    Raises AuthoringErrors with all faults of the declarations.
    """
    errors: list[AuthoringError] = []
    files = sorted((root / PUBLIC).glob("test_*.py"), key=natural_key)
    exercises = [e for file in files if (e := read_exercise(file, root if hidden else None, errors))]
    owner: dict[str, str] = {}
    for exercise in exercises:
        for function in exercise.points:
            if function in owner:
                cure = "rename one of them: the grader finds functions in submissions by name"
                found = f"{function} is also in {owner[function]}"
                errors.append(AuthoringError(exercise.files[0], found, cure))
            owner.setdefault(function, exercise.name)
    errors += _differing_languages(exercises)
    if errors:
        raise AuthoringErrors(errors)
    return Course(root, tuple(exercises))


def read_exercise(public: Path, root: Path | None, errors: list[AuthoringError]) -> Exercise | None:
    """Return the exercise that the file `public` declares; None if the file declares no exercise.

    root: folder of the course, to read the file of hidden checks, too; None to read the public file only.
    errors: list to which the faults of the declarations are appended.
    """
    name = public.stem.removeprefix("test_")
    files = [public]
    if root is not None and (root / HIDDEN / public.name).is_file():
        files.append(root / HIDDEN / public.name)
    trees = {file: tree for file in files if (tree := _parse(file, errors))}
    declared = _exercise_call(public, trees[public], errors) if public in trees else None
    if declared is None:
        return None
    points = declared.pop("points")
    title = Text(**declared)
    checks = [
        check
        for file, tree in trees.items()
        for check in _experiments(file, tree, file != public, points, title.languages, errors)
    ]
    ids = [check.id for check in checks]
    for check_id in sorted({i for i in ids if ids.count(i) > 1}):
        errors.append(
            AuthoringError(
                public,
                f"{check_id} is declared twice",
                "rename one of the two experiments; one may be in the hidden file",
            )
        )
    called = {function for tree in trees.values() for function in _called_functions(tree)}
    for function in points:
        if function not in called:
            errors.append(AuthoringError(public, f"{function} has points but no experiment", "write an experiment"))
    return Exercise(name, title, points, tuple(checks), tuple(files))


def is_experiment_file(path: Path) -> bool:
    """Return whether a file test_*.py has a line that starts with `@experiment(`; the file is not parsed."""
    return path.name.startswith("test_") and path.suffix == ".py" and b"\n@experiment(" in path.read_bytes()


def natural_key(path: Path) -> list[int | str]:
    """Return a sort key that puts ex2 before ex10."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", path.stem)]


def _differing_languages(exercises: list[Exercise]) -> Iterator[AuthoringError]:
    """Yield an error for each exercise whose languages differ from the languages of the first exercise."""
    for exercise in exercises[1:]:
        first = exercises[0]
        if set(exercise.languages) != set(first.languages):
            here, there = ", ".join(exercise.languages), ", ".join(first.languages)
            yield AuthoringError(
                exercise.files[0],
                f"exercise() has titles in {here}, but {first.name} has titles in {there}",
                "declare the same languages in all exercises of the course",
            )


def _parse(file: Path, errors: list[AuthoringError]) -> ast.Module | None:
    try:
        return ast.parse(file.read_bytes(), str(file))
    except OSError as error:
        errors.append(AuthoringError(file, f"cannot be read: {error.strerror}", "make it a file that you may read"))
        return None
    except (SyntaxError, ValueError) as error:
        errors.append(
            AuthoringError(
                f"{file}:{getattr(error, 'lineno', 1)}",
                f"syntax error: {getattr(error, 'msg', error)}",
                "correct the file",
            )
        )
        return None


def _call(node: ast.AST, name: str) -> ast.Call | None:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
        return node
    return None


def _literals(call: ast.Call, place: str, errors: list[AuthoringError]) -> dict[str, Any]:
    """Return the keyword arguments of a declaration. Append an error for each argument that is not a literal."""
    found: dict[str, Any] = {}
    for keyword in call.keywords:
        try:
            found[str(keyword.arg)] = ast.literal_eval(keyword.value)
        except (ValueError, TypeError, RecursionError):
            errors.append(
                AuthoringError(
                    place,
                    f"{keyword.arg} is not a literal",
                    "write the value itself: the grader does not run this file to read it",
                )
            )
    return found


def _exercise_call(file: Path, tree: ast.Module, errors: list[AuthoringError]) -> dict[str, Any] | None:
    for node in tree.body:
        if isinstance(node, ast.Expr) and (call := _call(node.value, "exercise")):
            declared = _literals(call, f"{file}:{node.lineno}", errors)
            titles = {language: title for language, title in declared.items() if language != "points"}
            if _positive_integers(declared.get("points")) and ENGLISH in titles and all(map(_is_title, titles.items())):
                return declared
            cure = (
                "pass en=TITLE, a title for each other language under its code of 2 or 3 letters (zh=...), "
                "and points={function: points}; points are integers of 1 or more"
            )
            found = "exercise() is incomplete" + (": no title in English" if ENGLISH not in titles else "")
            errors.append(AuthoringError(f"{file}:{node.lineno}", found, cure))
            return None
    cure = "start the file with exercise(en=..., points={function: points})"
    errors.append(AuthoringError(file, "the file declares no exercise", cure))
    return None


def _is_title(item: tuple[str, object]) -> bool:
    """Return whether a keyword argument is a title: its name is a language code, and its value is a text."""
    language, title = item
    return is_language_code(language) and language not in RESERVED and isinstance(title, str) and bool(title.strip())


def _positive_integers(points: object) -> bool:
    return isinstance(points, dict) and bool(points) and all(type(n) is int and n > 0 for n in points.values())


def _experiments(
    file: Path,
    tree: ast.Module,
    hidden: bool,
    points: dict[str, int],
    languages: Sequence[str],
    errors: list[AuthoringError],
) -> Iterator[Check]:
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef):
            continue
        call = next((call for item in node.decorator_list if (call := _call(item, "experiment"))), None)
        if call is None:
            continue
        place = f"{file}:{node.lineno} {node.name}"
        options = _literals(call, place, errors)
        claims = {name: options.pop(name) for name in list(options) if is_language_code(name)}
        faults = [*_faults(node, options, points), *_claim_faults(node, claims, languages)]
        errors += [AuthoringError(place, found, cure) for found, cure in faults]
        if not faults:
            yield _make_check(node, options, claims, hidden)


def _called_functions(tree: ast.Module) -> Iterator[str]:
    """Yield the function of each experiment, even of an experiment with a fault.

    Otherwise, an experiment with a fault would also be reported as missing.
    """
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and any(_call(item, "experiment") for item in node.decorator_list):
            yield from (argument.arg for argument in node.args.args[:1])


def _faults(node: ast.FunctionDef, options: dict[str, Any], points: dict[str, int]) -> list[tuple[str, str]]:
    """Return the faults of the declaration of one experiment, as pairs (fault, cure)."""
    arguments = [argument.arg for argument in node.args.args]
    faults = []
    if len(arguments) != 2 or arguments[1] != "given":
        faults.append((f"its parameters are ({', '.join(arguments)})", "write (the_function, given)"))
    elif arguments[0] not in points:
        faults.append(
            (f"its function {arguments[0]} has no points", "add it to exercise(points=...), or correct the name")
        )
    if unknown := sorted(options.keys() - OPTIONS):
        faults.append(
            (f"unknown option {', '.join(unknown)}", f"options are {', '.join(sorted(OPTIONS))}, and languages")
        )
    at_most = options.get("at_most") or {}
    limits = list(at_most.values()) if isinstance(at_most, dict) else [None]
    tolerances = [options.get("rtol", RTOL), options.get("atol", ATOL)]
    if any(type(n) not in (int, float) for n in [*tolerances, *limits]):
        faults.append(
            ("rtol, atol or at_most is not a number", "write rtol=NUMBER, atol=NUMBER, at_most={observation: NUMBER}")
        )
    elif not all(0 <= n < math.inf for n in tolerances):  # with such a tolerance every answer would pass
        faults.append(("rtol or atol is negative or infinite", "write a finite number of 0 or more"))
    weight = options.get("weight", 1)
    if type(weight) is not int or weight < 1:
        faults.append((f"weight is {weight!r}", "write an integer of 1 or more"))
    return faults


def _claim_faults(
    node: ast.FunctionDef, claims: Mapping[str, object], languages: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Yield the faults in the claims of one experiment, as pairs (fault, cure)."""
    if not ast.get_docstring(node):
        yield "the experiment has no claim", "write a docstring: one sentence that the student reads"
    for language in languages:
        claim = claims.get(language)
        if language != ENGLISH and not (isinstance(claim, str) and claim.strip()):
            yield f"the experiment has no claim in {language}", f'add {language}="..." to @experiment'
    if ENGLISH in claims:
        yield "the experiment has a second claim in en", "remove en=...: the docstring is the claim in English"
    for language in sorted(claims.keys() - {*languages, ENGLISH}):
        cure = f"remove it, or add {language}=TITLE to every exercise() of the course"
        yield f"the experiment has a claim in {language}, but exercise() has no title in {language}", cure


def _make_check(node: ast.FunctionDef, options: dict[str, Any], claims: dict[str, str], hidden: bool) -> Check:
    tolerance = Tolerance(options.get("rtol", RTOL), options.get("atol", ATOL), options.get("at_most") or {})
    claim = " ".join((ast.get_docstring(node) or "").split())
    return Check(
        function=node.args.args[0].arg,
        name=node.name,
        claim=Text(en=claim, **claims),
        hidden=hidden,
        weight=options.get("weight", 1),
        tolerance=tolerance,
        node_names=options.get("node_names", False),
    )
