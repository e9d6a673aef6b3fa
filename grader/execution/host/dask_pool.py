"""Run submissions on the workers of a Dask cluster: the same `submit` as on one machine, the same results.

Theory of operation
    client       the grader: journal, references, verdicts. One future for each submission.
     scheduler   Dask's: hands out submissions, notices a lost worker and gives its submissions to others
      worker     Dask's process, trusted: the parent of zygotes of its own, one for each of its threads. It runs no
                 byte of a submission; a child of a zygote does, behind the walls that were tried on that machine
    Submissions and results travel as bytes (grader.execution.host.dask_serialization). What a zygote must hold travels
    once to each worker, in a plugin that the scheduler also gives to workers that join later. A worker that does not
    fit (other versions, no walls) is refused at the start, and paused when it joins later: it gets no submission.
"""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType
from typing import Any

import msgspec
from distributed import Client, LocalCluster, Status, Worker, WorkerPlugin, get_worker
from distributed.comm.addressing import parse_address
from distributed.comm.registry import get_backend

from grader.core.errors import GraderError, UsageError
from grader.execution.guest.frames import Job
from grader.execution.host.dask_serialization import pack_job, pack_result, unpack_job, unpack_result
from grader.execution.host.pool import JobResult, Pool, walled_pool
from grader.execution.host.sandbox_levels import Level

LOCAL = "local:"
"""What stands before the number of workers where the address of a scheduler would stand."""

PATIENCE = 15
"""Seconds to wait for a scheduler, and for its first worker."""

PACKAGES = ("autograded", "torch", "numpy")
"""What client and workers must have in the same version: each of them can change a verdict."""


class ClusterError(GraderError):
    """The cluster is gone in the middle of a run; what the journal holds is safe."""

    exit_code = 1


@dataclass(frozen=True)
class Equipment:
    """What the workers of a run need: experiment files, walls and limits as for `walled_pool`."""

    files: list[tuple[str, bytes]]
    level: str
    memory: int
    time_limit: float


class Zygotes(WorkerPlugin):
    """On every worker: as many zygotes as it has threads, behind the walls that stand there."""

    def __init__(self, equipment: bytes, versions: dict[str, str]) -> None:
        self._equipment, self._versions = equipment, versions
        self._pool: Pool | None = None
        self._paused = False

    async def setup(self, worker: Worker) -> None:
        """Try the walls and start the zygotes. Raises UsageError, and leaves the worker without work."""
        try:
            self._pool = await asyncio.to_thread(self._open, worker.state.nthreads)
        except Exception as error:  # noqa: BLE001  (whatever it is, this worker cannot grade)
            self._paused, worker.status = True, Status.paused
            raise UsageError(
                "worker {address}: {error}",
                address=worker.address,
                error=error if isinstance(error, GraderError) else str(error),
            ) from None

    def _open(self, threads: int) -> Pool:
        mine = versions_here()
        if other := [name for name in mine if mine[name] != self._versions.get(name)]:
            found = ", ".join(f"{name} {mine[name]} (here {self._versions.get(name)})" for name in other)
            raise UsageError("it has {found}: install the same versions everywhere", found=found)
        wanted = msgspec.msgpack.decode(self._equipment, type=Equipment)
        return walled_pool(wanted.files, threads, wanted.level, wanted.memory, wanted.time_limit).start()

    async def teardown(self, worker: Worker) -> None:
        """End the zygotes."""
        if self._paused:
            worker.status = Status.running
        if self._pool is not None:
            await asyncio.to_thread(self._pool.__exit__, None, None, None)

    @property
    def level(self) -> str:
        """The level of the walls."""
        return self._pool.level.value if self._pool else ""

    def run(self, parcel: bytes) -> bytes:
        """Run a submission."""
        assert self._pool is not None
        return pack_result(self._pool.submit(unpack_job(parcel)).result())


def versions_here() -> dict[str, str]:
    """The versions that a verdict can depend on."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "unknown"
    return found


class ClusterPool:
    """Has the interface of `Pool`. Raises UsageError when the cluster cannot be reached or does not fit."""

    def __init__(self, address: str, equipment: Equipment) -> None:
        self._address, self._equipment = address, equipment
        self._local: LocalCluster | None = None
        self._client: Client | None = None
        self._name, self.jobs = "", 0
        self._level = Level.NONE

    @property
    def level(self) -> Level:
        """The level of the sandbox, the same on every worker."""
        return self._level

    def start(self) -> ClusterPool:
        """Connect, and equip every worker."""
        try:
            self._connect()
            levels = self._equip(self._equipment.level)
            if len(levels) > 1:  # the weaker of two levels is what holds for everybody
                levels = self._equip(max(levels, key=[*map(str, Level)].index))
            self._level = Level(levels.pop())
        except BaseException:
            self._close()
            raise
        return self

    def _connect(self) -> None:
        try:
            if self._address.startswith(LOCAL):
                if (workers := int(self._address.removeprefix(LOCAL))) < 1:
                    raise ValueError("no workers")
                self._local = LocalCluster(workers, threads_per_worker=1, dashboard_address=None, silence_logs=50)
            else:
                get_backend(parse_address(self._address)[0])  # a Client of a scheme that there is none hangs
            self._client = Client(self._local or self._address, timeout=PATIENCE, set_as_default=False)
            self._client.wait_for_workers(1, timeout=PATIENCE)
        except (OSError, TimeoutError) as error:
            if self._client:
                raise UsageError(
                    "--dask {address}: it has no workers: start some with `dask worker {address}`",
                    address=self._address,
                ) from None
            raise UsageError(
                "--dask {address}: it does not answer ({error}): start one with `dask scheduler` and `dask worker`, "
                "and name the address that it prints",
                address=self._address,
                error=error,
            ) from None
        except ValueError as error:
            raise UsageError(
                "--dask {address}: no address ({error}): write local:2, or the address of a scheduler, such as tcp://10.0.0.1:8786",
                address=self._address,
                error=error,
            ) from None

    def _equip(self, level: str) -> set[str]:
        """Give every worker what it needs; the levels that they reached."""
        assert self._client is not None
        self._equipment = Equipment(self._equipment.files, level, self._equipment.memory, self._equipment.time_limit)
        packed = msgspec.msgpack.encode(self._equipment)
        self._leave()
        self._name = f"autograded-{sha256(packed).hexdigest()[:16]}"
        try:
            self._client.register_plugin(Zygotes(packed, versions_here()), name=self._name)
        except ImportError as error:
            raise UsageError(
                "--dask {address}: a worker cannot run this ({error}): "
                "install autograded[cluster] on every worker, in the same version",
                address=self._address,
                error=error,
            ) from None
        levels = self._client.run(_level_of, self._name)
        self.jobs = sum(self._client.nthreads().values())
        return set(levels.values())

    def submit(self, job: Job) -> Future[JobResult]:
        """Run a submission on the next idle worker."""
        assert self._client is not None
        # Not pure: the same bytes twice are two submissions, and time-outs may come out otherwise.
        parcel = self._client.get_executor(pure=False).submit(run_parcel, self._name, pack_job(job))
        return _then(parcel, unpack_result)

    def _leave(self) -> None:
        if self._client is not None and self._name:
            self._client.unregister_worker_plugin(self._name)
            self._name = ""

    def _close(self) -> None:
        with suppress(Exception):  # the cluster may be gone already: there is nothing left to tidy up
            self._leave()
        for part in (self._client, self._local):
            if part is not None:
                part.close(timeout=PATIENCE)

    def __enter__(self) -> ClusterPool:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()


def run_parcel(name: str, parcel: bytes) -> bytes:
    """On a worker: run one submission."""
    return _zygotes(get_worker(), name).run(parcel)


def _level_of(name: str, dask_worker: Worker) -> str:
    return _zygotes(dask_worker, name).level


def _zygotes(worker: Worker, name: str) -> Zygotes:
    zygotes = worker.plugins[name]
    assert isinstance(zygotes, Zygotes)
    return zygotes


def _then(parcel: Future[Any], unpack: Callable[[bytes], JobResult]) -> Future[JobResult]:
    """A future of the unpacked result."""
    result: Future[JobResult] = Future()

    def settle(done: Future[Any]) -> None:
        try:
            result.set_result(unpack(done.result()))
        except CancelledError:
            result.set_exception(
                ClusterError(
                    "the Dask scheduler is gone: nothing is lost: start the cluster, and the same command again"
                )
            )
        except Exception as error:  # noqa: BLE001  (whatever it is, it belongs to whoever waits for the result)
            result.set_exception(error)

    parcel.add_done_callback(settle)
    return result
