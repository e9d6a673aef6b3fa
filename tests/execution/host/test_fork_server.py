"""Workers that share one import of torch: a process that ends takes down what it forked, and nothing else."""

import os
import select
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from grader.core.errors import NoSandboxError, WorkerDiedError, WorkerStartError
from grader.core.outcomes import Crashed, Observed
from grader.core.reasons import Code, Reason
from grader.execution.guest.frames import TIME_LIMIT, CheckRequest, Job
from grader.execution.host.interpreter_conditions import Conditions
from grader.execution.host.pool import MEMORY_LIMIT, run_job
from grader.execution.host.sandbox_detection import launch_sandboxed_workers, launch_standby_workers
from grader.execution.host.sandbox_levels import Level, candidates
from grader.execution.host.worker import make_workers
from tests.tools import PROBES, ROOT, unavailable

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="zygotes need Linux"),
]

FILES = [(str(PROBES), PROBES.read_bytes())]
LIMITS = (MEMORY_LIMIT, TIME_LIMIT)
ONE = Observed({"value": 1.0})
PATIENCE = 60
"""Seconds in which a process must end; it takes milliseconds."""


def job(source="def first(): return 1.0"):
    return Job(
        (("answer.py", source.encode()),), {"first": "answer"}, (CheckRequest("first", "first::value_of_first", 0),)
    )


def outcome(worker, source="def first(): return 1.0"):
    return run_job(worker, job(source)).outcomes["first::value_of_first", 0]


def server_of(workers):
    (pid,) = {worker.fork_server.pid for worker in workers}
    return psutil.Process(pid)


def have_ended(processes):
    return not psutil.wait_procs(processes, PATIENCE)[1]


@pytest.fixture(scope="module", params=["none", "core"])
def workers(request):
    """Three warm workers of a level whose zygotes share one import."""
    try:
        workers, _ = launch_sandboxed_workers(FILES, 3, request.param, *LIMITS)
    except NoSandboxError:
        if request.param == "none":
            raise
        unavailable("this machine has no sandbox of level core")
    assert [outcome(worker) for worker in workers] == [ONE] * 3
    yield workers
    family = [server_of(workers), *server_of(workers).children()]
    for worker in workers:
        worker.stop()
    assert have_ended(family)  # the last worker that stops ends the server


def test_one_process_imports_torch_and_forks_a_zygote_for_each_worker(workers):
    zygotes = server_of(workers).children()
    assert len(zygotes) == 3
    private = [zygote.memory_full_info().uss for zygote in zygotes]
    assert max(private) < server_of(workers).memory_info().rss / 4  # an import of torch needs a new half of it


def test_a_zygote_that_is_killed_is_replaced_and_its_neighbors_stay(workers):
    server = server_of(workers)
    before = {zygote.pid for zygote in server.children()}
    os.kill(min(before), signal.SIGKILL)
    noticing, _, _ = select.select([worker._control for worker in workers], [], [], PATIENCE)
    assert len(noticing) == 1  # no other process holds the socket of the zygote
    assert [outcome(worker) for worker in workers] == [ONE] * 3
    after = {zygote.pid for zygote in server.children()}
    assert server_of(workers) == server
    assert len(after) == 3 and before - after == {min(before)}


def test_a_worker_that_stops_leaves_its_neighbors_their_zygotes(workers):
    before = {zygote.pid for zygote in server_of(workers).children()}
    workers[0].stop()
    after = {zygote.pid for zygote in server_of(workers).children()}
    assert len(after) == 2 and after < before
    assert outcome(workers[0]) == ONE


def test_if_the_fork_server_is_killed_its_zygotes_end_and_the_next_jobs_have_another(workers):
    server = server_of(workers)
    family = [server, *server.children()]
    server.kill()
    assert [outcome(worker) for worker in workers] == [ONE] * 3
    assert have_ended(family)
    assert server_of(workers) != server
    assert len(server_of(workers).children()) == 3


def test_a_child_that_kills_its_zygote_ends_with_it_and_costs_no_neighbor(tmp_path):
    source = f"""import os
def first():
    with open({str(tmp_path / "children")!r}, "a") as file:
        file.write(f"{{os.getpid()}}\\n")
    os.kill(os.getppid(), {signal.SIGKILL.value})
    while True: pass
"""
    workers = make_workers(2, FILES)
    try:
        assert outcome(workers[1]) == ONE
        (neighbor,) = server_of(workers).children()
        assert outcome(workers[0], source) == Crashed(Reason.of(Code.LOST_WORKERS))
        assert server_of(workers).children() == [neighbor]
    finally:
        for worker in workers:
            worker.stop()
    children = (tmp_path / "children").read_text().split()
    assert len(children) == 2  # the submission ran twice: one death of a worker may be chance
    assert have_ended([psutil.Process(int(pid)) for pid in children if psutil.pid_exists(int(pid))])


def test_a_worker_that_is_stopped_during_a_job_ends_the_child(tmp_path):
    source = f"""import os
def first():
    with open({str(tmp_path / "child")!r}, "w") as pipe:
        pipe.write(str(os.getpid()))
    while True: pass
"""
    os.mkfifo(tmp_path / "child")
    workers = make_workers(2, FILES)
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(workers[0].run, [job(source)], PATIENCE)
        child = psutil.Process(int((tmp_path / "child").read_text()))
        workers[0].stop()
        assert have_ended([child])
        with pytest.raises((WorkerDiedError, OSError, ValueError)):
            running.result(PATIENCE)
    workers[1].stop()


GRADER = """
import sys, time
from tests.execution.host.test_fork_server import FILES, LIMITS, job
from grader.execution.host.pool import make_sandboxed_pool
with make_sandboxed_pool(FILES, 2, "none", *LIMITS) as pool:
    jobs = [pool.submit(job("def first():\\n    while True: pass")) for _ in range(2)]
    print("ready", flush=True)
    time.sleep(600)
"""


def test_a_killed_grader_leaves_no_process(tmp_path):
    grader = subprocess.Popen([sys.executable, "-c", GRADER], cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert grader.stdout.readline() == b"ready\n"
        family = psutil.Process(grader.pid).children(recursive=True)
        assert len(family) >= 3  # the server and two zygotes, perhaps with their children
    finally:
        grader.kill()
        grader.communicate()
    assert have_ended(family)


def test_workers_that_cannot_start_name_the_error_of_the_server():
    workers = make_workers(2, [("broken.py", b"import a_module_that_does_not_exist")])
    for worker in workers:
        worker.launch()
    for worker in workers:
        with pytest.raises(WorkerStartError, match="a_module_that_does_not_exist"):
            worker.start()
    assert all(worker.fork_server.pid is None for worker in workers)


def test_all_workers_have_the_conditions_of_their_server(tmp_path):
    source = "import os\ndef first(): return os.environ['TZ'] + os.getcwd() + os.environ['PYTHONHASHSEED']"
    workers = make_workers(2, FILES, conditions=Conditions(77, time_zone="UTC-14", folder=str(tmp_path)))
    try:
        assert [outcome(worker, source) for worker in workers] == [Observed({"value": f"UTC-14{tmp_path}77"})] * 2
    finally:
        for worker in workers:
            worker.stop()


def test_more_workers_than_on_standby_share_the_import_of_these():
    with launch_standby_workers(2, "none", *LIMITS) as standby:
        server = server_of(standby)
        workers, _ = launch_sandboxed_workers(FILES, 3, "none", *LIMITS, standby)
        assert workers[:2] == standby and server_of(workers) == server
        assert [outcome(worker) for worker in workers] == [ONE] * 3
        assert len(server.children()) == 3
        workers[2].stop()
    assert have_ended([server])


def test_at_level_full_no_two_workers_share_a_process():
    (sandbox, *_) = candidates(Level.FULL, *LIMITS)
    assert [worker.fork_server for worker in make_workers(2, FILES, sandbox)] == [None, None]
