"""The self-check: run checks on a learner's functions in this process, and compare the observations with the golden.

`pytest`, `check(f)` and the cells of nbgrader use the self-check. The self-check needs neither the solution nor the
code of mistakes.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING

from grader.core.defining_files import Definition, find_definition, is_stub
from grader.core.outcomes import GraderFault, Located, Missing, NotAttempted, Observed, Outcome, Raised, TimedOut
from grader.core.reasons import Code, Reason
from grader.course.exercise import Exercise
from grader.course.goldens import PUBLIC_SEED, Golden, torch_minor
from grader.course.stubs import signature
from grader.execution.guest.call_recording.recorded_call import NO_DISPLAY, CheckDisplay
from grader.execution.guest.default_limits import TIME_LIMIT
from grader.execution.guest.student_code.sibling_imports import SiblingFinder
from grader.execution.guest.student_code.source_file import SourceFile
from grader.execution.guest.student_code.submitted_modules import SubmittedModules
from grader.experiments.declaration import Check, Experiment
from grader.grading.verdicts.diagnosis import add_hints, decide_mistakes, recognize_mistakes
from grader.grading.verdicts.verdict import Verdict, decide
from grader.grading.verdicts.verdict_relations import add_relations
from grader.learner.signatures import signatures_differ
from grader.submissions.file_reading import find_source_files, read_file, why_unreadable

if TYPE_CHECKING:
    from grader.grading.runs.experiment_errors import ErrorLine


@dataclass(frozen=True)
class LiveFunctions:
    """Functions of a running session, such as a notebook, by name. The self-check then reads no file of the learner."""

    by_name: Mapping[str, Callable[..., object]]

    @cached_property
    def own_files(self) -> frozenset[str]:
        """Files or notebook cells of these functions and of the other functions in their modules."""
        return frozenset(code.co_filename for function in self.by_name.values() for code in _codes_of_module(function))


@dataclass
class SelfCheck:
    """Self-check of one exercise.

    submission: the learner's files, or live functions.
    limit: time limit for one check, in seconds.
    seed: seed of the inputs; it must be the seed of the golden.
    """

    exercise: Exercise
    golden: Golden
    submission: SubmittedModules | LiveFunctions
    limit: float = TIME_LIMIT
    seed: int = PUBLIC_SEED
    _places: dict[str, Located] = field(default_factory=dict)
    _found: dict[str, Verdict] = field(default_factory=dict)
    _hinted: dict[str, dict[str, Verdict]] = field(default_factory=dict)
    _displays: dict[str, CheckDisplay] = field(default_factory=dict)

    def run(self, check: Check, propagate: bool = False) -> Verdict:
        """Run one check now, and return its verdict with hints; student code may print.

        Hints depend on the function's other checks, so if this check fails, the other checks run, too. With
        `propagate`, exceptions of student code are not caught, so that a debugger can stop at them.
        """
        self._found[check.id] = verdict = self._decide(check, propagate)
        if verdict.passed or isinstance(verdict.outcome, NotAttempted | Missing | GraderFault):
            return verdict
        return replace(self._with_hints(check.function)[check.id], display=self._display(verdict))

    def _display(self, verdict: Verdict) -> CheckDisplay:
        """Return the call, changed arguments and exceptions of a failed check."""
        check = verdict.check
        if check.id not in self._displays:
            self._displays[check.id] = self._run_for_display(check, verdict)
        return self._displays[check.id]

    def _run_for_display(self, check: Check, verdict: Verdict) -> CheckDisplay:
        """Run a failed check a second time, and return its call, changed arguments and exceptions.

        The result is empty if the experiment did not call the function, or if the first or second run of the check did
        not end in time.
        """
        if not isinstance(verdict.outcome, Observed | Raised):
            return NO_DISPLAY
        found = self._function(check.function)
        if not callable(found):
            return NO_DISPLAY
        from grader.execution.guest.observation import observe_and_record
        from grader.execution.guest.watchdog import OutOfTimeError, time_limit

        functions, own = {check.function: found}, self.submission.own_files
        experiment = self.experiments[check.id]
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            try:
                with time_limit(self.limit):
                    _, display = observe_and_record(
                        functions, check.function, experiment, self.seed, own, first_call=True
                    )
                    return display()
            except Exception:  # noqa: BLE001  (the verdict is already decided: only the call is not shown)
                return NO_DISPLAY
            except OutOfTimeError:
                return NO_DISPLAY

    def _with_hints(self, function: str) -> dict[str, Verdict]:
        """Return all verdicts on a function, with hints. Checks that have not run yet run now, without output."""
        if function not in self._hinted:
            verdicts = []
            for check in self.exercise.checks_of(function):
                if check.id not in self._found:
                    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                        self._found[check.id] = self._decide(check)
                verdicts.append(self._found[check.id])
            graded_verdicts = [v for v in verdicts if v.check.id in self.golden.references]
            checks, mistakes = [v.check for v in graded_verdicts], self.golden.mistakes.get(function, {})
            known = decide_mistakes(checks, self.golden.references, mistakes)
            hinted = add_hints(graded_verdicts, known, recognize_mistakes(graded_verdicts, known))
            displays = {v.check.id: self._display(v) for v in hinted if v.differences}
            calls = {check: display.call for check, display in displays.items() if display.call}
            related = add_relations(hinted, self.golden.references, calls)
            self._hinted[function] = {v.check.id: v for v in [*verdicts, *related]}
        return self._hinted[function]

    def _decide(self, check: Check, propagate: bool = False) -> Verdict:
        reference = self.golden.references.get(check.id)
        if reference is None:
            return Verdict(check, GraderFault(Reason.of(Code.NO_GOLDEN)))
        return decide(check, self._observe(check, propagate), reference)

    def _observe(self, check: Check, propagate: bool) -> Outcome:
        if self.is_unchanged_stub(check.function):
            return NotAttempted()  # decided from the source, so that torch need not be imported
        import torch

        from grader.execution.guest.observation import observe
        from grader.execution.guest.watchdog import OutOfTimeError, time_limit

        if check.node_names and torch_minor(torch.__version__) != self.golden.torch:
            return GraderFault(Reason.of(Code.OTHER_TORCH, golden=self.golden.torch, version=torch.__version__))
        earlier = [v for v in self._found.values() if v.check.function == check.function]
        if any(isinstance(v.outcome, TimedOut) for v in earlier):
            return TimedOut(self.limit, unrun=True)
        experiment = self.experiments[check.id]
        found = self._function(check.function)
        if not callable(found):
            return found
        functions, own = {check.function: found}, self.submission.own_files
        try:
            with time_limit(self.limit):
                outcome = observe(functions, check.function, experiment, self.seed, own, propagate)
        except OutOfTimeError:  # the timer fires repeatedly, also after `observe` has left its `try` block
            return TimedOut(self.limit)
        if _may_be_fault_of_course(outcome):
            return blame_course(outcome, self._display(Verdict(check, outcome)))
        return outcome

    def error_line(self, check: Check) -> ErrorLine | None:
        """Return the line of the learner's files or of the experiment where a check raises an exception, or None."""
        from grader.grading.runs.experiment_errors import find_line_in_files

        if not callable(found := self._function(check.function)):
            return None
        own = self.submission.own_files | {str(file) for file in self.exercise.files}
        return find_line_in_files({check.function: found}, check, self.experiments[check.id], self.seed, own)

    def is_unchanged_stub(self, function: str) -> bool:
        """Return True if the source shows that the function is still the stub. Nothing is run."""
        node = self._node(function)
        return node is not None and is_stub(node) and not node.decorator_list  # a decorator may replace the function

    def original_signature(self, function: str) -> str:
        """Return the signature in the hand-out if the learner's signature differs from it, else ""."""
        node, expected = self._node(function), self.golden.signatures.get(function, "")
        return expected if node is not None and expected and signatures_differ(signature(node), expected) else ""

    def passed_checks(self, function: str) -> tuple[int, int]:
        """Return how many public checks of a failed function pass, and how many there are."""
        verdicts = self._with_hints(function).values()
        return sum(verdict.passed for verdict in verdicts), len(verdicts)

    def location(self, function: str) -> tuple[str, int]:
        """Return the file and the line of the definition of a function; ("", 0) for live functions."""
        node = self._node(function)
        return (self._place(function).file, node.lineno) if node is not None else ("", 0)

    def unreadable(self, function: str) -> tuple[str, Raised | None]:
        """Return the file of a function, and its syntax error, if there is one."""
        if not isinstance(self.submission, SubmittedModules):
            return "", None
        place = self._place(function)
        return place.file, place.problem if isinstance(place.problem, Raised) else None

    def _place(self, function: str) -> Located:
        """Return where the learner's files define a function."""
        assert isinstance(self.submission, SubmittedModules)
        if not self._places:
            self._places = self.submission.locate(dict.fromkeys(self.exercise.points, self.exercise.name))
        return self._places[function]

    def _node(self, function: str) -> Definition | None:
        """Return the definition of a function in the learner's file; None for live functions."""
        if not isinstance(self.submission, SubmittedModules):
            return None
        tree = self.submission.trees.get(self._place(function).file)
        return find_definition(tree, function) if tree is not None else None

    def _function(self, function: str) -> Callable[..., object] | Outcome:
        """Return the learner's function, or the outcome of its checks if it cannot be called."""
        if isinstance(self.submission, LiveFunctions):
            return self.submission.by_name[function]
        place = self._place(function)
        if isinstance(place.problem, Missing):
            expected = self.golden.signatures.get(function, f"def {function}(...)")
            file = f"{self.exercise.name}.py"
            return Missing(Reason.of(Code.NOT_DEFINED_HERE, function=function, file=file, signature=expected))
        if place.problem:
            return place.problem
        from grader.execution.guest.watchdog import time_limit

        with time_limit(self.limit):
            problem = self.submission.load(place.file)
        if problem and problem.error == "OutOfTimeError":  # the file exceeded the time limit
            return TimedOut(self.limit)
        return problem or self.submission.function(function, place)

    @cached_property
    def experiments(self) -> Mapping[str, Experiment]:
        """Experiments by check id. Loading them imports torch."""
        from grader.execution.guest.experiment_files import load_file, preload_torch_modules

        found: dict[str, Experiment] = {}
        for file in self.exercise.files:
            preload_torch_modules(file.read_bytes())
            found |= load_file(str(file))
        return found


def _codes_of_module(function: Callable[..., object]) -> Iterator[CodeType]:
    """Yield the code objects of a function without its decorators, and of all functions and methods in its module."""
    with contextlib.suppress(ValueError):  # stop if decorators wrap each other in a circle
        function = inspect.unwrap(function)
    module, functions = getattr(function, "__module__", None), [function]
    for thing in list(getattr(function, "__globals__", {}).values()):
        if inspect.isfunction(thing) and thing.__module__ == module:
            functions.append(thing)
        elif inspect.isclass(thing) and thing.__module__ == module:
            functions += [method for method in vars(thing).values() if inspect.isfunction(method)]
    for found in functions:
        code = getattr(found, "__code__", None)
        if isinstance(code, CodeType):
            yield code


def _may_be_fault_of_course(outcome: Outcome) -> bool:
    """Return whether an exception has no line of the learner's files, and the function had not returned before it."""
    return isinstance(outcome, Raised) and outcome.place is None and not outcome.returned


def blame_course(outcome: Outcome, display: CheckDisplay) -> Outcome:
    """Return a GraderFault if the experiment raised an exception before it called the function, else the outcome.

    `display` must be of the same run; it holds the first call. Use this function in a self-check only. In grading,
    submitted code could make an experiment fail on purpose, in order to be left ungraded; there, the solution runs in
    the same experiment and shows whether the experiment is at fault.
    """
    called = display.call is not None or bool(display.errors)
    if called or not isinstance(outcome, Raised) or not _may_be_fault_of_course(outcome):
        return outcome
    error = f"{outcome.error}: {outcome.message}".rstrip(": ")
    return GraderFault(Reason.of(Code.CHECK_FAILED, error=error))


def learner_files(folder: Path) -> tuple[SubmittedModules, list[Reason]]:
    """Return all Python files below a folder except tests, and for each unreadable file a reason, which names it.

    The files can import each other in this process.
    """
    import sys

    files: list[SourceFile] = []
    unreadable: list[Reason] = []
    for path in find_source_files(folder):
        name = Path(path).name
        if not name.lower().endswith(".py") or name.startswith(("test_", "conftest")):
            continue
        try:
            target = Path(os.path.realpath(folder / path))  # a learner may have put a link in place of the file
            files.append(SourceFile(str(folder / path), read_file(target)))
        except (OSError, ValueError) as error:  # such as the link ".#ex1.py" that Emacs makes while a file is edited
            unreadable.append(why_unreadable(error).about(name))
    submission = SubmittedModules(files)
    sys.meta_path.append(SiblingFinder(submission))
    return submission, unreadable
