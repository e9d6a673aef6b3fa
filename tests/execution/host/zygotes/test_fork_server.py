"""Workers that share one import of torch: a process that ends takes down what it forked, and nothing else."""

import os
import select
import shutil
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from grader.core.errors import NoSandboxError, WorkerDiedError, WorkerStartError
from grader.core.outcomes import Crashed, GraderFault, Observed
from grader.core.reasons import Code, Reason
from grader.execution.guest.default_limits import MEMORY_LIMIT, TIME_LIMIT
from grader.execution.guest.job import CheckRequest, Job
from grader.execution.guest.zygote_protocol import PIDFD, SANDBOXED_ZYGOTE, ZYGOTE
from grader.execution.host import sandbox_levels
from grader.execution.host.interpreter_conditions import Conditions
from grader.execution.host.pool import run_job
from grader.execution.host.sandbox_detection import StandbyWorkers, launch_sandboxed_workers
from grader.execution.host.sandbox_levels import Level
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


def zygotes_of(workers):
    """Return the zygotes that are forks of the server; at level full a fork of each joins the sandbox."""
    forks = server_of(workers).children()
    in_sandbox = "bwrap" in workers[0].sandbox.protections
    below = [process for process in server_of(workers).children(recursive=True) if process not in forks]
    return [process for process in (below if in_sandbox else forks) if is_alive(process)]


def is_alive(process):
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def page_faults(process):
    return int(Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[7])


def have_ended(processes):
    """Wait until the kernel says that each process has ended; False if one has not for a minute."""
    for process in processes:
        try:
            pidfd = os.pidfd_open(process.pid)
        except ProcessLookupError:
            continue
        ended = select.poll()
        ended.register(pidfd, select.POLLIN)
        if process.is_running() and not ended.poll(1000 * PATIENCE):  # another process may have its number by now
            return False
        os.close(pidfd)
    return True


@pytest.fixture(scope="module", params=["none", "core", "full"])
def workers(request):
    """Three warm workers of a level whose zygotes share one import."""
    try:
        workers, _ = launch_sandboxed_workers(FILES, 3, request.param, *LIMITS)
    except NoSandboxError:
        if request.param == "none":
            raise
        unavailable(f"this machine has no sandbox of level {request.param}")
    assert [outcome(worker) for worker in workers] == [ONE] * 3
    yield workers
    family = [server_of(workers), *server_of(workers).children(recursive=True)]
    for worker in workers:
        worker.stop()
    assert have_ended(family)  # the last worker that stops ends the server


def test_one_process_imports_torch_and_forks_a_zygote_for_each_worker(workers):
    zygotes = zygotes_of(workers)
    assert len(zygotes) == 3
    # An import of torch touches tens of thousands of pages.
    assert max(map(page_faults, zygotes)) < page_faults(server_of(workers)) / 5


def test_a_zygote_that_is_killed_is_replaced_and_its_neighbors_stay(workers):
    server = server_of(workers)
    before = {zygote.pid for zygote in zygotes_of(workers)}
    os.kill(min(before), signal.SIGKILL)
    noticing, _, _ = select.select([worker._control for worker in workers], [], [], PATIENCE)
    assert len(noticing) == 1  # no other process holds the socket of the zygote
    assert [outcome(worker) for worker in workers] == [ONE] * 3
    after = {zygote.pid for zygote in zygotes_of(workers)}
    assert server_of(workers) == server
    assert len(after) == 3 and before - after == {min(before)}


def test_a_worker_that_stops_leaves_its_neighbors_their_zygotes(workers):
    before = {zygote.pid for zygote in zygotes_of(workers)}
    workers[0].stop()
    after = {zygote.pid for zygote in zygotes_of(workers)}
    assert len(after) == 2 and after < before
    assert outcome(workers[0]) == ONE


def test_if_the_fork_server_is_killed_its_zygotes_end_and_the_next_jobs_have_another(workers):
    server = server_of(workers)
    family = [server, *server.children(recursive=True)]
    server.kill()
    assert have_ended(family)
    assert [outcome(worker) for worker in workers] == [ONE] * 3
    assert server_of(workers) != server
    assert len(zygotes_of(workers)) == 3


def test_a_job_whose_fork_server_is_killed_twice_is_a_fault_of_the_grader(tmp_path):
    """Memory may run out twice because of its neighbors: a person decides, and the submission gets no zero."""
    source = f"""
def first():
    with open({str(tmp_path / "started")!r}, "w") as pipe:
        pipe.write("started")
    while True: pass
"""
    os.mkfifo(tmp_path / "started")
    workers = make_workers(2, FILES)
    try:
        with ThreadPoolExecutor(1) as threads:
            running = threads.submit(outcome, workers[0], source)
            for _ in range(2):
                assert (tmp_path / "started").read_text() == "started"
                server_of(workers).kill()
            found = running.result(PATIENCE)
        assert isinstance(found, GraderFault) and "fork server" in str(found)
        assert outcome(workers[1]) == ONE
    finally:
        for worker in workers:
            worker.stop()


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
from tests.execution.host.zygotes.test_fork_server import FILES, LIMITS, job
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
    with StandbyWorkers(2, "none", *LIMITS) as standby:
        standby.launch()
        server = server_of(standby.workers)
        workers, _ = launch_sandboxed_workers(FILES, 3, "none", *LIMITS, standby.workers)
        assert workers[:2] == standby.workers and server_of(workers) == server
        assert [outcome(worker) for worker in workers] == [ONE] * 3
        assert len(server.children()) == 3
        workers[2].stop()
    assert have_ended([server])


SERVER = """
import os, socket, sys
from grader.execution.guest.zygote_protocol import fork_zygotes
fork_zygotes(socket.socket(fileno=int(sys.argv[1])))
os._exit(0)
"""


@pytest.mark.parametrize(("request_for", "first_message"), [(ZYGOTE, PIDFD), (SANDBOXED_ZYGOTE, b"")])
def test_a_zygote_that_lost_the_socket_to_its_sandbox_ends_instead_of_staying_outside(request_for, first_message):
    (control, server_end), (worker_end, zygote_end) = (
        socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(2)
    )
    line = [sys.executable, "-c", SERVER, str(server_end.fileno())]
    with subprocess.Popen(line, cwd=ROOT, pass_fds=[server_end.fileno()], stderr=subprocess.PIPE) as server:
        with control, worker_end:
            with server_end, zygote_end:
                socket.send_fds(control, [request_for], [zygote_end.fileno()])
            assert worker_end.recv(16) == first_message
        _, errors = server.communicate()
    assert (b"was lost" in errors) == (first_message == b"")


@pytest.fixture(scope="module")
def in_bubblewrap():
    """Two warm workers of level full with one fork server."""
    before = psutil.Process().children()
    try:
        workers, _ = launch_sandboxed_workers(FILES, 2, "full", *LIMITS)
    except NoSandboxError:
        unavailable("this machine has no sandbox of level full")
    for worker in workers:
        worker.start()
    started = [process for process in psutil.Process().children() if process not in before]
    assert len(started) == 3  # the fork server and two sandboxes
    yield workers
    for worker in workers:
        worker.stop()
    assert have_ended(started)


def test_at_level_full_each_zygote_is_in_a_sandbox_of_bubblewrap_without_any_capability(in_bubblewrap):
    zygotes = zygotes_of(in_bubblewrap)
    waiting_for_them = server_of(in_bubblewrap).children()
    assert len(zygotes) == len(waiting_for_them) == 2
    for process in (*zygotes, *waiting_for_them):
        status = dict(line.split(":", 1) for line in Path(f"/proc/{process.pid}/status").read_text().splitlines())
        assert {int(value, 16) for name, value in status.items() if name.startswith("Cap")} == {0}
        assert int(status["NoNewPrivs"]) == 1
        assert len(status["NSpid"].split()) == 1 + (process in zygotes)  # its number here, and that in the sandbox


def test_at_level_full_a_child_that_uses_all_threads_leaves_its_neighbor_all_of_its_own(in_bubblewrap):
    start = """import threading, time
def first():
    started, end = 0, threading.Event()
    try:
        for _ in range({number}):
            threading.Thread(target=end.wait, daemon=True).start()
            started += 1
    except RuntimeError:
        pass
    time.sleep({seconds})
    return float(started)
"""
    assert outcome(in_bubblewrap[1], start.format(number=40, seconds=0)) == Observed({"value": 40.0})
    with ThreadPoolExecutor(1) as threads:
        greedy = threads.submit(outcome, in_bubblewrap[0], start.format(number=100, seconds=2))
        while not greedy.done():
            assert outcome(in_bubblewrap[1], start.format(number=40, seconds=0)) == Observed({"value": 40.0})
        assert greedy.result().values["value"] >= 40


def test_where_the_sandbox_of_bubblewrap_cannot_be_joined_each_worker_has_a_separate_zygote(sandbox, monkeypatch):
    if not shutil.which("bwrap"):
        unavailable("this machine has no bubblewrap")
    monkeypatch.setattr(sandbox_levels, "HOLDER", "")  # a process that ends at once, so that there is nothing to join
    workers, trials = launch_sandboxed_workers(FILES, 2, "auto", *LIMITS)
    try:
        assert trials[-1].passed and workers[0].sandbox.level == Level.FULL
        assert [worker.fork_server for worker in workers] == [None, None]
        assert [outcome(worker) for worker in workers] == [ONE] * 2
    finally:
        for worker in workers:
            worker.stop()
