"""Find the definitions that an experiment needs, in its own file and in the grader, and imports of other packages.

Theory of operation
    The search starts from the names in the experiment, and follows names through the syntax trees. A name leads to its
    definition or import in the same module, and a definition leads to the names in it. A name that is imported from the
    grader leads to its definition in the module of the grader. The script gets copies of these definitions, so that it
    need not import the grader. The script gets only those methods of the class Given that the experiment uses.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

from grader.learner.check_script.module_source import DEFINITIONS, PACKAGE, Import, ModuleSource, read_own_module

GIVEN = "Given"
GIVEN_MODULE = f"{PACKAGE}.experiments.given"
EXPERIMENTS = ""
"""Key of the file of experiments among modules; the key of a module of the grader is its name."""


@dataclass
class UsedDefinitions:
    """Definitions and imports that an experiment needs in addition to the function of the experiment.

    own: source and syntax tree of the file that contains the experiment.
    names: for each module, the names whose definitions are needed.
    imports: for each name that another package defines, its import.
    methods: methods and attributes of Given that are used.
    """

    own: ModuleSource
    names: dict[str, set[str]] = field(default_factory=dict)
    imports: dict[str, Import] = field(default_factory=dict)
    methods: set[str] = field(default_factory=set)

    def add_experiment(self, node: ast.FunctionDef) -> None:
        """Add the definitions and imports that the code of an experiment needs."""
        self._follow(node, EXPERIMENTS)

    def add(self, module: str, *names: str) -> None:
        """Add definitions of a module of the grader, and the definitions and imports that they need."""
        for name in names:
            self._add_name(name, module)

    def add_methods(self, methods: Iterable[str]) -> None:
        """Add methods and attributes of Given, and the definitions and imports that they need."""
        for method in methods:
            if method not in self.methods:
                self.methods.add(method)
                self._add_name(GIVEN, GIVEN_MODULE)
                for part in _parts_of_given(method):
                    self._follow(part, GIVEN_MODULE)

    def definitions(self, module: str) -> list[ast.stmt]:
        """Return the statements of a module that define needed names, in the order of the source."""
        source, names = self._source(module), self.names.get(module, set())
        wanted = {id(node) for name, node in source.definitions.items() if name in names}
        found = [node for node in source.tree.body if id(node) in wanted]
        return [self._shortened_given(node) if is_given(node) else node for node in found]

    @property
    def modules(self) -> list[str]:
        """The needed modules of the grader, each after the modules that it imports."""
        ordered: list[str] = []
        for module in self.names:
            self._after_its_imports(module, ordered)
        return [module for module in ordered if self.names.get(module) and module != EXPERIMENTS]

    @property
    def modules_run_first(self) -> list[str]:
        """The modules of the grader whose names must exist before the definitions in the file of experiments run."""
        used = {name for node in self.definitions(EXPERIMENTS) for name in names_at_definition(node)}
        homes = [home for name in used if (home := self._home(name, EXPERIMENTS)) is not None]
        ordered: list[str] = []
        for module, _ in homes:
            self._after_its_imports(module, ordered)
        return [module for module in ordered if self.names.get(module)]

    def _after_its_imports(self, module: str, ordered: list[str]) -> None:
        if module in ordered:
            return
        for found in self._source(module).imports.values():
            if found.module in self.names:
                self._after_its_imports(found.module, ordered)
        ordered.append(module)

    def _add_name(self, name: str, module: str) -> None:
        source = self._source(module)
        if name in source.definitions:
            if name not in self.names.setdefault(module, set()):
                self.names[module].add(name)
                node = source.definitions[name]
                if not is_given(node):  # the methods of Given are added one by one
                    self._follow(node, module)
        elif home := self._home(name, module):
            self._add_name(home[1], home[0])
        elif name in source.imports:
            self.imports[name] = source.imports[name]

    def _follow(self, node: ast.AST, module: str) -> None:
        for name in used_names(node):
            self._add_name(name, module)
        self.add_methods(methods_used(node, "self" if module == GIVEN_MODULE else "given"))

    def _home(self, name: str, module: str) -> tuple[str, str] | None:
        """Return the module of the grader that defines an imported name, and the name in that module."""
        found = self._source(module).imports.get(name)
        if found is None or found.module.partition(".")[0] != PACKAGE:
            return None
        if found.module == PACKAGE:
            from grader import _HOMES

            return (_HOMES[found.imported], found.imported) if found.imported in _HOMES else None
        return found.module, found.imported

    def _source(self, module: str) -> ModuleSource:
        return self.own if module == EXPERIMENTS else read_own_module(module)

    def _shortened_given(self, node: ast.stmt) -> ast.stmt:
        """Return the class Given with only the methods that are used, and the attributes that they use."""
        assert isinstance(node, ast.ClassDef)
        methods = [part for part in node.body if isinstance(part, ast.FunctionDef)]
        start, used = methods[0], [part for part in methods if part.name in self.methods]
        assert start.name == "__init__"
        body = [part for part in start.body if _sets(part) & self.methods]
        names = used_names(ast.Module(body, []))
        arguments = [argument for argument in start.args.args if argument.arg in ("self", *names)]
        shorter = copy.copy(start)  # other scripts use the module's tree, too
        shorter.body, shorter.args = body, ast.arguments([], arguments, None, [], [], None, [])
        docstring = [part for part in node.body if isinstance(part, ast.Expr)]
        given = copy.copy(node)
        given.body = [*docstring, *([shorter] if body else []), *used]
        return given


@cache
def drawing_attributes() -> frozenset[str]:
    """Return the attributes of Given that draw random numbers: its generator, and the methods that use it."""
    uses = {name: methods_used(node, "self") for name, node in _methods().items() if name != "__init__"}
    found = {"rng"}
    while more := {name for name, used in uses.items() if used & found} - found:
        found |= more
    return frozenset(found)


def used_names(node: ast.AST) -> set[str]:
    """Return the names that a piece of code reads, without parameters' annotations with Given."""
    annotations = {
        id(part.annotation) for part in ast.walk(node) if isinstance(part, ast.arg) and annotates_given(part)
    }
    return {
        part.id
        for part in ast.walk(node)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load) and id(part) not in annotations
    }


def annotates_given(argument: ast.arg) -> bool:
    """Return whether a parameter has the annotation Given."""
    return isinstance(argument.annotation, ast.Name) and argument.annotation.id == GIVEN


def methods_used(node: ast.AST, name: str) -> set[str]:
    """Return the attributes that code uses on `name`, on the class Given, or on a parameter annotated with Given."""
    known = {name, GIVEN} | {part.arg for part in ast.walk(node) if isinstance(part, ast.arg) and annotates_given(part)}
    return {
        part.attr
        for part in ast.walk(node)
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id in known
    }


def names_at_definition(node: ast.stmt) -> set[str]:
    """Return the names that Python reads when it runs a definition.

    Running a definition does not run the body of a function.
    """
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        arguments = node.args
        run = [*node.decorator_list, *arguments.defaults, *filter(None, arguments.kw_defaults)]
        parameters = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
        run += [p.annotation for p in parameters if p.annotation is not None and not annotates_given(p)]
        return {name for part in [*run, *filter(None, [node.returns])] for name in used_names(part)}
    if isinstance(node, ast.ClassDef):
        outside = {name for part in (*node.bases, *node.decorator_list, *node.keywords) for name in used_names(part)}
        return outside | {name for part in node.body for name in names_at_definition(part)}
    return used_names(node)


def is_given(node: ast.stmt) -> bool:
    """Return whether a statement is the class Given."""
    return isinstance(node, ast.ClassDef) and node.name == GIVEN


def bound_names(nodes: Iterable[ast.stmt]) -> Iterator[str]:
    """Yield the names that statements at the top level bind."""
    for node in nodes:
        if isinstance(node, DEFINITIONS):
            yield node.name
        else:
            yield from (p.id for p in ast.walk(node) if isinstance(p, ast.Name) and isinstance(p.ctx, ast.Store))


@cache
def _methods() -> dict[str, ast.FunctionDef]:
    node = read_own_module(GIVEN_MODULE).definitions[GIVEN]
    assert isinstance(node, ast.ClassDef)
    return {part.name: part for part in node.body if isinstance(part, ast.FunctionDef)}


def _parts_of_given(attribute: str) -> Iterator[ast.AST]:
    """Yield a method, or the statements of the constructor that set an attribute."""
    methods = _methods()
    if attribute in methods:
        yield methods[attribute]
    yield from (part for part in methods["__init__"].body if attribute in _sets(part))


def _sets(node: ast.stmt) -> set[str]:
    """Return the attributes that a statement of the constructor sets."""
    return {p.attr for p in ast.walk(node) if isinstance(p, ast.Attribute) and isinstance(p.ctx, ast.Store)}
