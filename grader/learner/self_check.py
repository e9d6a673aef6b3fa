"""The self-check: run a learner's own functions in this process and compare with the golden observations.

pytest, the notebook and `watch` share it. It works without solutions, hidden checks and mistakes' code.
"""

from __future__ import annotations

import contextlib
import inspect
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import CodeType

from grader.core.definitions import Definition, definition, is_stub
from grader.core.outcomes import GraderFault, Located, Missing, NotAttempted, Outcome, Raised, TimedOut
from grader.core.reasons import Code, Reason
from grader.course.exercise import Exercise
from grader.course.goldens import PUBLIC_SEED, Golden, torch_minor
from grader.course.stubs import signature
from grader.execution.guest.student_code.submitted_modules import SiblingFinder, SourceFile, SubmittedModules
from grader.experiments.declaration import Declared, Experiment
from grader.grading.verdicts.diagnosis import judge_known, recognise, with_hints
from grader.grading.verdicts.verdict import Verdict, decide
from grader.learner.signatures import other_signature
from grader.submissions.submission import sources_below

TIME_LIMIT = 5.0
"""Time limit of one experiment, in seconds."""


@dataclass(frozen=True)
class LiveFunctions:
    """Functions of a running session, such as a notebook's, by name: no file of the learner is read or run."""

    by_name: Mapping[str, Callable[..., object]]

    @cached_property
    def own_files(self) -> frozenset[str]:
        """The files, or notebook cells, of these functions and of the others that were defined beside them."""
        return frozenset(code.co_filename for function in self.by_name.values() for code in _codes_beside(function))


@dataclass
class SelfCheck:
    """One exercise of a learner: her files or live functions, the public experiments, the goldens."""

    exercise: Exercise
    golden: Golden
    submission: SubmittedModules | LiveFunctions
    limit: float = TIME_LIMIT
    seed: int = PUBLIC_SEED
    _places: dict[str, Located] = field(default_factory=dict)
    _found: dict[str, Verdict] = field(default_factory=dict)
    _hinted: dict[str, dict[str, Verdict]] = field(default_factory=dict)

    def run(self, check: Declared, propagate: bool = False) -> Verdict:
        """The verdict on one check, run now (its output is the learner's); with the hints of the function's others."""
        self._found[check.id] = verdict = self._decide(check, propagate)
        if verdict.passed or isinstance(verdict.outcome, NotAttempted | Missing | GraderFault):
            return verdict
        return self._with_hints(check.function)[check.id]

    def _with_hints(self, function: str) -> dict[str, Verdict]:
        """All verdicts on a function; what was not run yet is run silently, once."""
        if function not in self._hinted:
            verdicts = []
            for check in self.exercise.checks_of(function):
                if check.id not in self._found:
                    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                        self._found[check.id] = self._decide(check)
                verdicts.append(self._found[check.id])
            judged = [v for v in verdicts if v.check.id in self.golden.references]
            checks, mistakes = [v.check for v in judged], self.golden.mistakes.get(function, {})
            known = judge_known(checks, self.golden.references, mistakes)
            hinted = with_hints(judged, known, recognise(judged, known))
            self._hinted[function] = {v.check.id: v for v in [*verdicts, *hinted]}
        return self._hinted[function]

    def _decide(self, check: Declared, propagate: bool = False) -> Verdict:
        reference = self.golden.references.get(check.id)
        if reference is None:
            return Verdict(check, GraderFault(Reason.of(Code.NO_GOLDEN)))
        return decide(check, self._observe(check, propagate), reference)

    def _observe(self, check: Declared, propagate: bool) -> Outcome:
        if self.untouched(check.function):
            return NotAttempted()  # known at sight, without torch
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
                return observe(functions, check.function, experiment, self.seed, own, propagate)
        except OutOfTimeError:  # it rang again while what the loop had built was taken down
            return TimedOut(self.limit)

    def untouched(self, function: str) -> bool:
        """Whether the function is seen to be the stub still, without running it."""
        node = self._node(function)
        return node is not None and is_stub(node) and not node.decorator_list  # a decorator may replace it: call it

    def handed_out(self, function: str) -> str:
        """The signature that was handed out, where the learner's is another one."""
        node, expected = self._node(function), self.golden.signatures.get(function, "")
        return expected if node is not None and expected and other_signature(signature(node), expected) else ""

    def unreadable(self, function: str) -> tuple[str, Raised | None]:
        """The file that a function belongs to, and why Python cannot read it, if so."""
        if not isinstance(self.submission, SubmittedModules):
            return "", None
        place = self._place(function)
        return place.file, place.problem if isinstance(place.problem, Raised) else None

    def _place(self, function: str) -> Located:
        """Where the learner's files have a function."""
        assert isinstance(self.submission, SubmittedModules)
        if not self._places:
            self._places = self.submission.locate(dict.fromkeys(self.exercise.points, self.exercise.name))
        return self._places[function]

    def _node(self, function: str) -> Definition | None:
        """The learner's function as it stands in her file."""
        if not isinstance(self.submission, SubmittedModules):
            return None
        tree = self.submission.trees.get(self._place(function).file)
        return definition(tree, function) if tree is not None else None

    def _function(self, function: str) -> Callable[..., object] | Outcome:
        """The learner's function, or what is wrong with it."""
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
        if problem and problem.error == "OutOfTimeError":  # the watchdog's, while the file itself was run
            return TimedOut(self.limit)
        return problem or self.submission.function(function, place)

    @cached_property
    def experiments(self) -> Mapping[str, Experiment]:
        """The experiments, by name; running their files imports torch."""
        from grader.execution.guest.experiment_files import load_file, warm_up

        found: dict[str, Experiment] = {}
        for file in self.exercise.files:
            warm_up(file.read_bytes())
            found |= load_file(str(file))
        return found


def _codes_beside(function: Callable[..., object]) -> Iterator[CodeType]:
    """The code of a function, past its decorators, and of the functions and methods of the same module."""
    with contextlib.suppress(ValueError):  # decorators that go round in a circle
        function = inspect.unwrap(function)
    module, beside = getattr(function, "__module__", None), [function]
    for thing in list(getattr(function, "__globals__", {}).values()):
        if inspect.isfunction(thing) and thing.__module__ == module:
            beside.append(thing)
        elif inspect.isclass(thing) and thing.__module__ == module:
            beside += [method for method in vars(thing).values() if inspect.isfunction(method)]
    for found in beside:
        code = getattr(found, "__code__", None)
        if isinstance(code, CodeType):
            yield code


def learner_files(folder: Path) -> SubmittedModules:
    """The files of a learner: every Python file below a folder but the tests, under their real paths."""
    found = (path for path in sources_below(folder) if path.lower().endswith(".py"))
    paths = [path for path in found if not Path(path).name.startswith(("test_", "conftest"))]
    submission = SubmittedModules([SourceFile(str(folder / path), (folder / path).read_bytes()) for path in paths])
    import sys

    sys.meta_path.append(SiblingFinder(submission))
    return submission
