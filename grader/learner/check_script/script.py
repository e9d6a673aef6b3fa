"""`check_script`: the source of a script that repeats one check.

A learner reads the script from the top. First come the inputs and calls of the experiment, then its helpers and the
expected values. Last come the parts that the grader adds: a copy of the parts of `Given` that the experiment uses, and
the comparison.
"""

from __future__ import annotations

import ast
import copy
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from grader.core.language import translator
from grader.core.values import CHANGED_ARGUMENTS, Array, Observations, Opaque, Value
from grader.execution.guest.call_recording.recorded_call import CallValue, GroupValue, LiteralValue, TensorValue
from grader.experiments.declaration import Check
from grader.grading.verdicts.call_text import WIDTH
from grader.grading.verdicts.value_text import value_lines
from grader.learner.check_script.draws import Draw
from grader.learner.check_script.dropped_draws import dropped_draws
from grader.learner.check_script.literal_inputs import plain_source, quoted, write_inputs
from grader.learner.check_script.module_source import DEFINITIONS, Import, read_module
from grader.learner.check_script.script_messages import WRITTEN_HERE, message_lines
from grader.learner.check_script.used_definitions import (
    EXPERIMENTS,
    GIVEN,
    GIVEN_MODULE,
    UsedDefinitions,
    bound_names,
    drawing_attributes,
    is_given,
)
from grader.rendering.failure_layout import wrap

RUNTIME = "grader.learner.check_script.script_runtime"


@dataclass(frozen=True)
class ScriptedCheck:
    """A check to be written as a script.

    experiment_file: the source of the file that declares its experiment.
    expected: the observations of the solution with `seed`.
    draws: the draws of the experiment with `seed`, from `draws.record_draws`.
    """

    check: Check
    experiment_file: bytes
    expected: Observations
    draws: Sequence[Draw]
    seed: int


def check_script(scripted: ScriptedCheck, language: str, module: str, note: Sequence[str], folder: str = "") -> str:
    """Return the source of a script that repeats a check.

    module: the module of the learner that defines the function; "" for a notebook, where a cell defines it.
    note: lines that say how to run the script; they are put below the claim.
    folder: the folder of the learner's module, relative to the folder of the script; "" if it is the same folder.
    """
    return _Script(scripted, language, module, note, folder).text()


class _Script:
    """The parts of one script."""

    def __init__(self, scripted: ScriptedCheck, language: str, module: str, note: Sequence[str], folder: str) -> None:
        self._scripted, self._check, self.tr = scripted, scripted.check, translator(language)
        self._language, self._module, self._note, self._folder = language, module, note, folder
        self._source = read_module(scripted.experiment_file)
        experiment = self._source.definitions[self._check.name]
        assert isinstance(experiment, ast.FunctionDef)
        taken = {*self._source.definitions, *self._source.imports, self._check.function}
        self._inputs = write_inputs(self._source, experiment, scripted.draws, taken)
        node = ast.parse(self._inputs.text).body[0]
        assert isinstance(node, ast.FunctionDef)
        self._needs = UsedDefinitions(self._source)
        self._needs.add_experiment(node)
        self._drawing = drawing_attributes()
        self._draws = bool(self._needs.methods & self._drawing)
        self._dropped = dropped_draws(scripted.draws, self._inputs, node) if self._draws else {}
        if self._draws:
            self._needs.add_methods({"rng", *(c.partition("(")[0] for calls in self._dropped.values() for c in calls)})
        self._needs.add(GIVEN_MODULE, GIVEN)
        self._needs.add_methods(["changed"] if CHANGED_ARGUMENTS in scripted.expected else [])
        self._needs.add(RUNTIME, "report", *(["Replay"] if self._dropped else []))
        self._needs.names[RUNTIME] -= {*WRITTEN_HERE}
        self._used_drawing = sorted(self._needs.methods & self._drawing)
        own = {*bound_names(self._needs.definitions(EXPERIMENTS)), self._check.name, self._check.function}
        self._renamed = {name: f"grader_{name}" for names in self._grader_names() for name in names if name in own}

    def text(self) -> str:
        """Return the whole script."""
        first = self._needs.modules_run_first
        helpers = [plain_source(self._source, node) for node in self._needs.definitions(EXPERIMENTS)]
        others = [module for module in self._needs.modules if module not in first]
        parts = [
            *([self._seed()] if self._draws else []),
            self._inputs.text,
            *self._copies(first),
            *helpers,
            "\n".join(self._expected()),
            self._comment(
                self.tr("The rest is the grader's code: definitions that the check uses, and the comparison.")
            ),
            "\n".join([*message_lines(self.tr), *self._dropped_lines()]),
            *self._copies(others),
            "\n".join(self._main()),
        ]
        return "\n".join([*self._head(), *self._imports()]) + "\n\n\n" + "\n\n\n".join(parts) + "\n"

    def _head(self) -> Iterator[str]:
        yield f"# {self._check.id}"
        yield from self._comment(self._check.claim.in_(self._language)).splitlines()
        yield from ("#", *(f"# {line}" for line in self._note))

    def _seed(self) -> str:
        comment = self._comment(self.tr("Inputs that are not written out are drawn with numpy from this seed."))
        return f"{comment}\nSEED = {self._scripted.seed}"

    def _comment(self, text: str) -> str:
        return "\n".join(f"# {line}" for line in wrap(text, 0, WIDTH - 2))

    def _imports(self) -> Iterator[str]:
        """Yield the imports: the standard library, torch and numpy, the learner's module."""
        found = dict(self._needs.imports)
        if self._module:
            found["sys"] = Import("sys", "sys")
        if self._folder:
            found["Path"] = Import("Path", "pathlib", "Path")
        if any("np." in line for line in self._inputs.text.splitlines()):
            found["np"] = Import("np", "numpy")
        found["torch"] = Import("torch", "torch")
        standard = {name: i for name, i in found.items() if i.module.partition(".")[0] in sys.stdlib_module_names}
        yield from import_lines(standard.values())
        if standard:
            yield ""
        yield from import_lines(found[name] for name in found.keys() - standard.keys())
        if not self._module:
            return
        yield ""
        if self._folder:
            yield f"sys.path.insert(0, str(Path(__file__).parent / {quoted(self._folder)}))"
        function = self._check.function
        if self._module.isidentifier():
            yield f"from {self._module} import {function}" + ("  # noqa: E402" if self._folder else "")
        else:
            yield f"{function} = getattr(__import__({quoted(self._module)}), {quoted(function)})"

    def _expected(self) -> Iterator[str]:
        yield "EXPECTED = {"
        for name, value in self._scripted.expected.items():
            lines = value_lines(f"{quoted(name)}: ", call_value(value), WIDTH - 5)
            yield from (f"    {line}" for line in lines[:-1])
            yield f"    {lines[-1]},"
        yield "}"

    def _dropped_lines(self) -> Iterator[str]:
        """Yield the lines of the dict DROPPED, which maps the number of a draw to the replaced draws before it."""
        if not self._dropped:
            return
        yield self._comment(
            self.tr(
                "The inputs above replace these draws. The draws are repeated so that later draws get the same numbers."
            )
        )
        yield "DROPPED = {"
        for number, calls in self._dropped.items():
            yield f"    {number}: ["
            yield from (f"        lambda given: given.{call}," for call in calls)
            yield "    ],"
        yield "}"

    def _copies(self, modules: Iterable[str]) -> Iterator[str]:
        """Yield the definitions that are copied from modules of the grader."""
        for module in modules:
            definitions = self._needs.definitions(module)
            constants = [node for node in definitions if not isinstance(node, DEFINITIONS)]
            if constants:
                yield "\n".join(map(self._copy, constants))
            yield from (self._copy(node) for node in definitions if node not in constants)

    def _copy(self, node: ast.stmt) -> str:
        if self._renamed:
            node = _Renamed(self._renamed).visit(
                copy.deepcopy(node)
            )  # rename in a copy of the node, because other scripts use the tree of the module, too
        return ast.unparse(node)

    def _grader_names(self) -> Iterator[set[str]]:
        yield from (names for module, names in self._needs.names.items() if module != EXPERIMENTS)

    def _main(self) -> Iterator[str]:
        check, tolerance = self._check, self._scripted.check.tolerance
        yield 'if __name__ == "__main__":'
        yield "    torch.set_num_threads(1)"
        yield f"    torch.manual_seed({'SEED' if self._draws else self._scripted.seed})"
        yield f"    given = {self._given()}"
        yield f"    returned = dict({check.name}({check.function}, given))"
        if CHANGED_ARGUMENTS in self._scripted.expected:
            yield f"    returned[{quoted(CHANGED_ARGUMENTS)}] = given.changed()"
        report = self._renamed.get("report", "report")
        numbers = f"rtol={tolerance.rtol!r}, atol={tolerance.atol!r}, limits={dict(tolerance.at_most)!r}"
        call = f"{report}(returned, EXPECTED, {numbers})"
        yield f"    sys.exit({call})" if self._module else f"    {call}"

    def _given(self) -> str:
        """Return the expression that creates an instance of the copied class Given."""
        (node,) = (node for node in self._needs.definitions(GIVEN_MODULE) if is_given(node))
        assert isinstance(node, ast.ClassDef)
        start = next((p for p in node.body if isinstance(p, ast.FunctionDef) and p.name == "__init__"), None)
        values = {"seed": "SEED" if self._draws else str(self._scripted.seed), "name": quoted(self._check.id)}
        arguments = [values[argument.arg] for argument in start.args.args[1:]] if start else []
        made = f"{self._renamed.get(GIVEN, GIVEN)}({', '.join(arguments)})"
        if self._dropped:
            drawing = "{" + ", ".join(map(quoted, self._used_drawing)) + "}"
            return f"{self._renamed.get('Replay', 'Replay')}({made}, {drawing})"
        return made


class _Renamed(ast.NodeTransformer):
    """Renames definitions of the grader whose names the file of experiments uses for other things."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        methods = [(part, part.name) for part in node.body if isinstance(part, ast.FunctionDef)]
        self.generic_visit(node)
        for method, name in methods:
            method.name = name
        return node

    def generic_visit(self, node: ast.AST) -> ast.AST:
        for attribute in ("id", "name", "arg"):
            old = str(getattr(node, attribute, ""))
            if old in self._names and isinstance(node, (ast.Name, ast.arg, *DEFINITIONS.__args__)):
                setattr(node, attribute, self._names[old])
        return super().generic_visit(node)


def call_value(value: Value) -> CallValue:
    """Return an observation as a value that `value_lines` can write as Python; a tuple becomes a list."""
    match value:
        case Array(dtype, shape, data):
            return TensorValue("tensor", dtype, shape, data)
        case tuple():
            return GroupValue("list", tuple(map(call_value, value)), length=len(value))
        case dict():
            return GroupValue("dict", tuple(map(call_value, value.values())), tuple(map(quoted, value)), len(value))
        case Opaque(description):
            return LiteralValue(quoted(description))
        case str():
            return LiteralValue(quoted(value))
        case float() if value != value or value in (float("inf"), float("-inf")):
            return LiteralValue(f'float("{value}")')
    return LiteralValue(repr(value))


def import_lines(imports: Iterable[Import]) -> list[str]:
    """Return import statements in the order of isort: `import` lines, then `from` lines, each sorted by module."""
    plain: list[str] = []
    names: dict[str, list[str]] = {}
    for found in imports:
        if found.imported:
            names.setdefault(found.module, []).append(found.words)
        else:
            plain.append(found.statement)
    return [
        *sorted(plain),
        *(f"from {module} import {', '.join(sorted(words))}" for module, words in sorted(names.items())),
    ]
