"""Pool on the workers of a Dask cluster: the same `submit` and the same results as on one machine.

Theory of operation
    client       The grader: it has the journal, the references and the verdicts, and one future for each submission.
     scheduler   A process of Dask: it distributes submissions. If a worker is lost, the scheduler sends its
                 submissions to other workers.
      worker     A trusted process of Dask: it has one zygote for each of its threads. The worker runs no code of a
                 submission; only a child of a zygote does, in a sandbox that was tested on the machine of the worker.
    Jobs and results are sent as bytes (grader.execution.host.dask_serialization). The input of the zygotes is sent once
    to each worker, in a plugin that the scheduler also sends to workers that join later. If a worker is unsuitable
    (other versions, no sandbox), the run does not start. An unsuitable worker that joins later is paused and gets no
    submission.
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
from grader.execution.guest.job import Job
from grader.execution.host.dask_serialization import pack_job, pack_result, unpack_job, unpack_result
from grader.execution.host.job_run import JobResult
from grader.execution.host.pool import Pool, make_sandboxed_pool
from grader.execution.host.sandbox_levels import Level

LOCAL = "local:"
"""Prefix of an address without a scheduler. The number after the prefix says how many workers to start on this machine:
"local:2" starts two."""

PATIENCE = 15
"""How many seconds the grader waits for a scheduler, and for its first worker."""

PACKAGES = ("autograded", "torch", "numpy")
"""Packages that client and workers must have in the same version, because another version may change a verdict."""


class ClusterError(GraderError):
    """The connection to the cluster ended during a run; the verdicts in the journal are safe."""

    exit_code = 1


@dataclass(frozen=True)
class Equipment:
    """Arguments of `make_sandboxed_pool` for each worker of a run. `memory` is in MiB, `time_limit` in seconds."""

    files: list[tuple[str, bytes]]
    level: str
    memory: int
    time_limit: float


class Zygotes(WorkerPlugin):
    """Dask plugin that starts one sandboxed zygote for each thread of a Dask worker.

    `equipment` is the encoded `Equipment`, `versions` the installed versions of the client.
    """

    def __init__(self, equipment: bytes, versions: dict[str, str]) -> None:
        self._equipment, self._versions = equipment, versions
        self._pool: Pool | None = None
        self._paused = False

    async def setup(self, worker: Worker) -> None:
        """Test the sandbox and start the zygotes. After any error, pause the worker and raise UsageError."""
        try:
            self._pool = await asyncio.to_thread(self._open, worker.state.nthreads)
        except Exception as error:  # noqa: BLE001  (any error means that this worker cannot grade)
            self._paused, worker.status = True, Status.paused
            raise UsageError(
                "worker {address}: {error}",
                address=worker.address,
                error=error if isinstance(error, GraderError) else str(error),
            ) from None

    def _open(self, threads: int) -> Pool:
        local_versions = installed_versions()
        if other := [name for name in local_versions if local_versions[name] != self._versions.get(name)]:
            found = ", ".join(f"{name} {local_versions[name]} (here {self._versions.get(name)})" for name in other)
            raise UsageError("the worker has {found}. Install the same versions on all machines.", found=found)
        equipment = msgspec.msgpack.decode(self._equipment, type=Equipment)
        return make_sandboxed_pool(
            equipment.files, threads, equipment.level, equipment.memory, equipment.time_limit
        ).start()

    async def teardown(self, worker: Worker) -> None:
        """End the zygotes; resume a worker that `setup` paused."""
        if self._paused:
            worker.status = Status.running
        if self._pool is not None:
            await asyncio.to_thread(self._pool.__exit__, None, None, None)

    @property
    def level(self) -> str:
        """The sandbox level; empty before `setup`."""
        return self._pool.level.value if self._pool else ""

    def run(self, packed: bytes) -> bytes:
        """Run a packed job; return its packed result."""
        assert self._pool is not None
        return pack_result(self._pool.submit(unpack_job(packed)).result())


def installed_versions() -> dict[str, str]:
    """Return the installed versions of Python and of PACKAGES."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "unknown"
    return found


class ClusterPool:
    """Pool with the interface of `Executor`. `start` raises UsageError if the cluster is unreachable or unsuitable."""

    def __init__(self, address: str, equipment: Equipment) -> None:
        self._address, self._equipment = address, equipment
        self._local: LocalCluster | None = None
        self._client: Client | None = None
        self._name, self.jobs = "", 0
        self._level = Level.NONE

    @property
    def level(self) -> Level:
        """The sandbox level, which is the same on every worker."""
        return self._level

    def start(self) -> ClusterPool:
        """Connect to the scheduler and start the zygotes of every worker."""
        try:
            self._connect()
            levels = self._equip(self._equipment.level)
            if len(levels) > 1:  # all workers use the weakest of their levels, so that all submissions have one level
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
                # This call raises ValueError for an unknown scheme. Without it, the Client would hang.
                get_backend(parse_address(self._address)[0])
            self._client = Client(self._local or self._address, timeout=PATIENCE, set_as_default=False)
            self._client.wait_for_workers(1, timeout=PATIENCE)
        except (OSError, TimeoutError) as error:
            if self._client:
                raise UsageError(
                    "--dask {address}: the scheduler has no workers. Start some with `dask worker {address}`.",
                    address=self._address,
                ) from None
            raise UsageError(
                "--dask {address}: no scheduler answers at this address ({error}). Start one with `dask scheduler`, "
                "start workers with `dask worker`, and pass the address that the scheduler prints.",
                address=self._address,
                error=error,
            ) from None
        except ValueError as error:
            raise UsageError(
                "--dask {address}: not an address ({error}). Pass local:2, or the address of a scheduler such as tcp://10.0.0.1:8786.",
                address=self._address,
                error=error,
            ) from None

    def _equip(self, level: str) -> set[str]:
        """Start the zygotes of every worker in a sandbox of this level or "auto"; return the levels in use."""
        assert self._client is not None
        self._equipment = Equipment(self._equipment.files, level, self._equipment.memory, self._equipment.time_limit)
        packed = msgspec.msgpack.encode(self._equipment)
        self._unregister()
        self._name = f"autograded-{sha256(packed).hexdigest()[:16]}"
        try:
            self._client.register_plugin(Zygotes(packed, installed_versions()), name=self._name)
        except ImportError as error:
            raise UsageError(
                "--dask {address}: a worker cannot load the grader ({error}). "
                "Install the same version of autograded[cluster] on every worker.",
                address=self._address,
                error=error,
            ) from None
        levels = self._client.run(_level_of, self._name)
        self.jobs = sum(self._client.nthreads().values())
        return set(levels.values())

    def submit(self, job: Job) -> Future[JobResult]:
        """Run a job on the next idle worker; return the future of its result."""
        assert self._client is not None
        # With pure=False, Dask runs equal jobs separately. Two submissions may have equal bytes, although only one of
        # them times out.
        packed = self._client.get_executor(pure=False).submit(run_packed_job, self._name, pack_job(job))
        return _unpacked_future(packed, unpack_result)

    def _unregister(self) -> None:
        if self._client is not None and self._name:
            self._client.unregister_worker_plugin(self._name)
            self._name = ""

    def _close(self) -> None:
        with suppress(Exception):  # the cluster may have ended already
            self._unregister()
        for part in (self._client, self._local):
            if part is not None:
                part.close(timeout=PATIENCE)

    def __enter__(self) -> ClusterPool:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()


def run_packed_job(name: str, packed: bytes) -> bytes:
    """Run one packed job on the Dask worker that calls this function."""
    return _zygotes_of(get_worker(), name).run(packed)


def _level_of(name: str, dask_worker: Worker) -> str:
    return _zygotes_of(dask_worker, name).level


def _zygotes_of(worker: Worker, name: str) -> Zygotes:
    zygotes = worker.plugins[name]
    assert isinstance(zygotes, Zygotes)
    return zygotes


def _unpacked_future(packed: Future[Any], unpack: Callable[[bytes], JobResult]) -> Future[JobResult]:
    """Return a future of the unpacked result. If the cluster is lost, the future raises ClusterError."""
    result: Future[JobResult] = Future()

    def copy_result(done: Future[Any]) -> None:
        try:
            result.set_result(unpack(done.result()))
        except CancelledError:
            result.set_exception(
                ClusterError(
                    "The connection to the Dask scheduler is lost, but no verdict is. Start the cluster, then run the "
                    "same command again."
                )
            )
        except Exception as error:  # noqa: BLE001  (the caller of `submit` must see every error)
            result.set_exception(error)

    result.set_running_or_notify_cancel()  # a running future cannot be canceled: the cluster may have begun the job
    packed.add_done_callback(copy_result)
    return result
