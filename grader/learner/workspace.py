"""What the learner's commands share: her files, what she was handed out, and how she stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from grader.core.errors import GraderError, UsageError, WorkerDiedError
from grader.execution.guest.student_code.submitted_modules import SourceFile, Submission
from grader.execution.host.pool import Result
from grader.learner.exercise_material import Material, find_exercises, open_material
from grader.learner.learner_files import OwnFiles, read_own_files
from grader.learner.progress import Standing
from grader.learner.required_packages import missing_torch
from grader.learner.saved_state import Memory
from grader.learner.warm_worker import Runner


@dataclass
class Desk:
    """A learner at work: the material, the files she named (all of them when empty), how she stands."""

    material: Material
    standing: Standing
    memory: Memory
    named: list[Path]
    language: str

    def look(self) -> list[str]:
        """Read the files anew: the functions that must be run."""
        return self.standing.update(self._read())

    def _read(self) -> OwnFiles:
        return read_own_files(self.material.folder, self.named, self.standing.homes)

    @property
    def changed(self) -> bool:
        """Whether the files are others than those that were read last."""
        return self._read().data != self.standing.own.data

    @property
    def folders(self) -> list[Path]:
        """Where a save matters."""
        return sorted({path.parent for path in self.named}) or [self.material.folder]

    @property
    def notes(self) -> list[str]:
        """What could not be read, of hers and of the material."""
        return [*self.material.faults, *self.standing.own.unread]

    def expected(self, function: str) -> str:
        """The signature of a function as it was handed out."""
        return self.material.golden_of(function).signatures.get(function, "")

    def enter(self, functions: Sequence[str], own: OwnFiles, results: Sequence[Result]) -> None:
        """Take what a run gave, and remember it."""
        self.standing.enter(functions, own, results)
        self.memory.keep(self.standing.kept)


def open_desk(files: Sequence[Path], language: str) -> Desk:
    """The desk of a learner: FILES are her own files, or one folder to look in. Raises UsageError."""
    for path in files:
        if not path.exists():
            raise UsageError("{path}: there is no such file", path=path)
    named = [path.resolve() for path in files if path.is_file()]
    start = files[0] if files and not named else named[0].parent if named else Path.cwd()
    try:
        folder = find_exercises(start)
    except UsageError:
        folder = find_exercises(Path.cwd())
    material = open_material(folder, language)
    if named:
        material = _of_files(material, named)
    memory = Memory(folder)
    return Desk(material, Standing(material, language, kept=memory.outcomes()), memory, named, language)


def bring_up_to_date(desk: Desk, only: Sequence[str] = ()) -> None:
    """Run what must be run to know how the learner stands. Raises GraderError."""
    if functions := [f for f in desk.look() if not only or f in only]:
        with warm_runner(desk) as runner:
            results = runner.run(desk.standing.works(functions)).result()
            desk.enter(functions, desk.standing.own, results)


def require_torch() -> None:
    """Raise GraderError where there is no torch."""
    if missing := missing_torch():
        raise missing


def no_start(error: Exception) -> GraderError:
    """Torch is there and does not load."""
    return GraderError("torch does not start here: {error}", error=error)


@contextmanager
def warm_runner(desk: Desk) -> Iterator[Runner]:
    """A worker for this desk; what keeps it from starting is one clear message."""
    require_torch()
    runner = Runner(desk.material.experiment_files)
    try:
        runner.started.result()
        yield runner
    except WorkerDiedError as error:
        raise no_start(error) from None
    finally:
        runner.close()


def known_function(desk: Desk, name: str) -> str:
    """The function that a learner means. Raises UsageError with those that come near."""
    from difflib import get_close_matches

    home = desk.material.exercise_of
    if name in home:
        return name
    near = get_close_matches(name, home, 3, 0.5)
    if near:
        raise UsageError("{name}: no such function. Did you mean {near}?", name=name, near=", ".join(near))
    raise UsageError("{name}: no such function. There are {all}", name=name, all=", ".join(home))


def _of_files(material: Material, named: Sequence[Path]) -> Material:
    """The exercises that these files are about. Raises UsageError when there are none."""
    stems = {path.stem for path in named}
    submission = Submission([SourceFile(str(path), path.read_bytes()) for path in named])
    defined = frozenset[str]().union(*submission.names.values())
    kept = tuple(e for e in material.exercises if e.name in stems or not defined.isdisjoint(e.points))
    if not kept:
        raise UsageError(
            "{files}: no function of the exercises in {folder} is defined here",
            files=", ".join(path.name for path in named),
            folder=material.folder,
        )
    return replace(material, exercises=kept)
