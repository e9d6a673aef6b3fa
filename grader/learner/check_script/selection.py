"""Choose the check that a script repeats: by its name, or the first check of a function that fails.

Expected values come from the golden. For hidden checks, and for seeds other than the golden's seed, they come from a
run of the course's solution.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.core.defining_files import find_definition
from grader.core.errors import GraderError, GraderErrors, UsageError, nearest_names
from grader.core.outcome_text import outcome_summary, reason_text
from grader.core.outcomes import GraderFault, Observed, Outcome
from grader.core.reasons import Code, Reason, UnreadableError
from grader.core.source_encoding import decode_source
from grader.course.discovery import SOLUTIONS, find_course, read_course
from grader.course.exercise import Exercise
from grader.course.function_lookup import resolve_function
from grader.course.goldens import PUBLIC_SEED, torch_minor
from grader.execution.guest.student_code.source_file import SourceFile
from grader.execution.guest.student_code.submitted_modules import SubmittedModules
from grader.experiments.declaration import Check, Experiment
from grader.learner.check_script.draws import record_draws
from grader.learner.check_script.script import ScriptedCheck
from grader.learner.check_script.used_definitions import drawing_attributes
from grader.learner.files.function_locations import NOTEBOOK
from grader.learner.progress import installed_version
from grader.learner.workspace import Workspace, require_torch, update_progress


@dataclass(frozen=True)
class LearnerModule:
    """The file in which a learner defines a function; a script imports it.

    file: its path; the path of the stub if no file defines the function.
    line: first line of the function's code; 0 if it is not known.
    """

    file: Path
    line: int = 0

    @property
    def name(self) -> str:
        """Name of the module; "" for a notebook, which cannot be imported."""
        return "" if self.file.suffix == NOTEBOOK else self.file.stem


def select_check(workspace: Workspace, asked: str, course: Path | None, seed: int | None) -> ScriptedCheck:
    """Return the check that `asked` names as FUNCTION or FUNCTION::CHECK, with all that its script needs.

    course: the folder of the course. If `course` is None and the golden does not suffice, the course is searched for at
        or above the folder of exercises.
    seed: the seed of the inputs; None for the seed of the goldens.

    Raises GraderError.
    """
    require_torch()
    name, _, check_name = asked.partition("::")
    function = resolve_function(name, workspace.exercise_folder.exercise_of)
    if not check_name:
        check_name = _first_failed(workspace, function)
    exercise = workspace.exercise_folder.exercise_of[function]
    check = _find(exercise.checks_of(function), check_name)
    if check is None or seed not in (None, PUBLIC_SEED):
        exercise = _exercise_of_course(exercise, course, needed=check is not None)
        check = _find(exercise.checks_of(function), check_name)
        if check is None:
            raise _no_such_check(function, check_name, exercise)
        return _from_solution(check, exercise, PUBLIC_SEED if seed is None else seed)
    return _from_golden(workspace, check, exercise)


def locate_function(workspace: Workspace, function: str) -> LearnerModule:
    """Return the learner's file that defines a function.

    Raises UsageError for a file whose encoding Python cannot read, because a script could not import the file.
    """
    workspace.functions_to_run()
    location = workspace.progress.files.locations[function]
    if not location.file:
        exercise = workspace.exercise_folder.exercise_of[function]
        return LearnerModule(workspace.exercise_folder.path / f"{exercise.name}.py")
    file = Path(location.file)
    if file.suffix == NOTEBOOK:
        return LearnerModule(file)
    try:
        decode_source(workspace.progress.files.contents[location.file], strict=True)
    except UnreadableError:
        raise UsageError(
            "The script imports {file}, and Python cannot read its encoding. Save {file} as UTF-8, then try again",
            file=file.name,
        ) from None
    return LearnerModule(file, _first_code_line(file, function))


def _first_failed(workspace: Workspace, function: str) -> str:
    """Return the name of the first public check that fails.

    Raises UsageError, which lists all public checks, if none fails.
    """
    update_progress(workspace, only=[function])
    state = workspace.progress.state(function)
    if state.first_failed is None:
        commands = "\n".join(f"  grader try {verdict.check.id}" for verdict in state.verdicts)
        raise UsageError(
            "All public checks of {function} pass. Choose one of them:\n{commands}",
            function=function,
            commands=commands,
        )
    return state.first_failed.check.name


def _find(checks: Sequence[Check], name: str) -> Check | None:
    return next((check for check in checks if check.name == name), None)


def _no_such_check(function: str, name: str, exercise: Exercise) -> UsageError:
    names = [check.name for check in exercise.checks_of(function)]
    error = UsageError("{function} has no check {name}", function=function, name=name)
    return error.suggest(nearest_names(name, names), names)


def _exercise_of_course(exercise: Exercise, course: Path | None, needed: bool) -> Exercise:
    """Return the exercise of the course that `exercise` is the public part of; it has hidden checks and a solution.

    If no course is found, return `exercise`, or raise UsageError if `needed` is True.
    """
    if course is None:
        try:
            root = find_course(exercise.files[0].parent)
        except UsageError as error:
            if needed:
                raise UsageError(
                    "Another seed needs the solution. Pass the folder that holds exercises/ and solutions/: "
                    "--course FOLDER"
                ) from error
            return exercise
    else:
        root = find_course(course)
    found = next((other for other in read_course(root).exercises if other.name == exercise.name), None)
    if found is None:
        raise UsageError("The course {course} has no exercise {exercise}", course=root, exercise=exercise.name)
    return found


def _from_golden(workspace: Workspace, check: Check, exercise: Exercise) -> ScriptedCheck:
    golden, version = workspace.exercise_folder.golden_of(check.function), installed_version("torch")
    if check.node_names and torch_minor(version) != golden.torch:
        reason = Reason.of(Code.OTHER_TORCH, golden=golden.torch, version=version)
        raise GraderErrors([reason_text(reason, workspace.language)])
    expected = golden.references.get(check.id)
    if expected is None:
        raise GraderErrors([reason_text(Reason.of(Code.NO_GOLDEN), workspace.language)])
    return _scripted(check, exercise.files[0], _experiment(check, exercise.files[0]), expected, PUBLIC_SEED)


def _from_solution(check: Check, exercise: Exercise, seed: int) -> ScriptedCheck:
    from grader.execution.guest.observation import observe

    file = exercise.files[-1] if check.hidden else exercise.files[0]
    root = find_course(exercise.files[0].parent)
    path = root / SOLUTIONS / f"{exercise.name}.py"
    solution = SubmittedModules([SourceFile(str(path), path.read_bytes())])
    place = solution.locate({check.function: exercise.name})[check.function]
    experiment = _experiment(check, file)
    expected: Outcome | None = place.problem or solution.load(place.file)
    if expected is None:
        functions = {check.function: solution.function(check.function, place)}
        expected = observe(functions, check.function, experiment, seed)
    return _scripted(check, file, experiment, expected, seed)


def _experiment(check: Check, file: Path) -> Experiment:
    from grader.execution.guest.experiment_files import load_file, preload_torch_modules

    preload_torch_modules(file.read_bytes())
    return load_file(str(file))[check.id]


def _scripted(check: Check, file: Path, experiment: Experiment, expected: Outcome, seed: int) -> ScriptedCheck:
    if not isinstance(expected, Observed):
        reason = expected.reason if isinstance(expected, GraderFault) else None
        text = reason_text(reason, "en") if reason else outcome_summary(expected)
        raise GraderError("{check}: the solution returned no observation: {outcome}", check=check.id, outcome=text)
    draws = record_draws(experiment, check.function, seed, drawing_attributes())
    return ScriptedCheck(check, file.read_bytes(), expected.values, draws, seed)


def _first_code_line(file: Path, function: str) -> int:
    """Return the line of the first statement of a function at which a debugger can stop; 0 if there is none."""
    try:
        node = find_definition(ast.parse(file.read_bytes()), function)
    except (SyntaxError, ValueError):
        return 0
    for statement in node.body if node else []:
        is_docstring = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if not is_docstring and not isinstance(statement, ast.Global | ast.Nonlocal):
            return statement.lineno
    return 0
