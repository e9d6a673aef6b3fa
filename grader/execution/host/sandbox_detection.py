"""Find the strongest walls that stand on this machine, by trying them, and refuse to grade behind too little."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from grader.core.errors import GraderErrors, UsageError, WorkerDiedError, WorkerStartError
from grader.execution.host.sandbox_levels import Confinement, Level, candidates, missing_tools
from grader.execution.host.sandbox_probe import PROBE_FILE, probe
from grader.execution.host.worker import Worker

EARLY = 4
"""Workers on standby at most: nobody knows yet how many there is work for."""

AUTOMATIC = (Level.FULL, Level.CORE)
"""What `auto` accepts; naming a weaker level is the consent to it."""


@dataclass(frozen=True)
class Trial:
    """What was found out about one confinement: what it refused, or why it did not start."""

    confinement: Confinement
    refused: dict[str, bool]
    error: str = ""

    @property
    def holds(self) -> bool:
        """Whether everything that was attempted was refused."""
        return bool(self.refused) and all(self.refused.values())

    @property
    def fault(self) -> UsageError | None:
        """What keeps it from holding, in a few words; None where it holds."""
        if self.holds:
            return None
        if self.error:
            return UsageError("does not start: {error}", error=self.error)
        holes = ", ".join(what for what, refused in self.refused.items() if not refused)
        return UsageError("does not refuse to {holes}", holes=holes)


@contextmanager
def standby(jobs: int, wanted: str, memory: int, time_limit: float) -> Iterator[list[Worker]]:
    """A few workers that begin to import torch before anybody knows what they will run: that is most of their start.

    They stand behind the walls that are tried first. Whether or not `wall_in` takes them, they end with the block.
    """
    workers: list[Worker] = []
    if sys.platform.startswith("linux"):
        confinement = next(candidates(_levels(wanted)[0], memory, time_limit))
        workers = [Worker(None, confinement) for _ in range(min(jobs, EARLY))]
    try:
        with suppress(WorkerStartError):  # `wall_in` will find out what is wrong, and say it
            for worker in workers:
                worker.launch()
        yield workers
    finally:
        for worker in workers:
            worker.stop()


def wall_in(
    files: list[tuple[str, bytes]],
    jobs: int,
    wanted: str,
    memory: int,
    time_limit: float,
    early: Sequence[Worker] = (),
) -> tuple[list[Worker], list[Trial]]:
    """Workers behind the walls that `wanted` ("auto" or a level) asks for, and what was tried on the way.

    `early` are those of `standby`. All are launched, the first is warm. Raises UsageError with what is missing, and
    how to get it.
    """
    trials: list[Trial] = []
    if not sys.platform.startswith("linux"):
        raise UsageError(
            "there is no sandbox here. {cure}, or consent to none: --sandbox none", cure=missing_tools()[0]
        )
    for level in _levels(wanted):
        for confinement in candidates(level, memory, time_limit):
            there = [worker for worker in early if worker.confinement == confinement][:jobs]
            workers = [*there, *(Worker(None, confinement) for _ in range(jobs - len(there)))]
            for worker in workers:
                worker.equip([*files, PROBE_FILE])
            trial = try_walls(workers)
            trials.append(trial)
            if trial.holds or (level in (Level.WEAK, Level.NONE) and not trial.error):
                return workers, trials
            for worker in workers:
                worker.stop()
    faults = [(trial.confinement.level, trial.fault) for trial in trials if trial.fault]
    tried = [UsageError("{level}: {fault}", level=level, fault=fault) for level, fault in faults]
    raise UsageError(
        "no sandbox of level {level} stands on this machine.\n{tried}\n{cures}\n"
        "To grade without it all the same, name the level: --sandbox weak or --sandbox none",
        level=wanted,
        tried=GraderErrors(tried),
        cures=GraderErrors(missing_tools()),
    )


def _levels(wanted: str) -> tuple[Level, ...]:
    return AUTOMATIC if wanted == "auto" else (Level(wanted),)


def survey(memory: int, time_limit: float) -> Iterator[Trial]:
    """Try every level that this machine may have."""
    for level in (Level.FULL, Level.CORE, Level.WEAK):
        for confinement in candidates(level, memory, time_limit):
            worker = Worker([PROBE_FILE], confinement)
            yield try_walls([worker])
            worker.stop()


def try_walls(workers: Sequence[Worker]) -> Trial:
    """Launch workers behind the same walls, and let a child of the first attempt what they must refuse."""
    first = workers[0]
    try:
        for worker in workers:
            worker.launch()
        return Trial(first.confinement, probe(first))
    except WorkerDiedError as death:
        return Trial(first.confinement, {}, str(death))
