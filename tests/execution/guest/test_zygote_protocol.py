"""The loop of a zygote goes on when the system is short of processes."""

import os
import socket
import subprocess
import sys

import pytest

from grader.execution.guest.zygote_protocol import JOB, PIDFD, READY, STATUS
from tests.tools import ROOT

ZYGOTE = """
import os, resource, socket, sys
from grader.execution.guest import zygote_protocol

_, most = resource.getrlimit(resource.RLIMIT_NPROC)
if os.geteuid() == 0:  # the kernel refuses root nothing
    os.setgid(65534)
    os.setuid(65534)
resource.setrlimit(resource.RLIMIT_NPROC, (0, most))  # this user has a process more than that

def neighbors_end(_):
    resource.setrlimit(resource.RLIMIT_NPROC, (most, most))

zygote_protocol.time.sleep = neighbors_end
zygote_protocol.serve(socket.socket(fileno=int(sys.argv[1])), lambda descriptors: os.write(descriptors[0], b"ran"))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="zygotes need Linux")
def test_a_zygote_that_may_start_no_process_waits_until_its_neighbors_have_ended():
    control, zygote_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    results, results_in = os.pipe()
    with control, os.fdopen(results, "rb") as ran, os.fdopen(results_in, "wb") as written:
        line = [sys.executable, "-c", ZYGOTE, str(zygote_end.fileno())]
        with subprocess.Popen(line, cwd=ROOT, pass_fds=[zygote_end.fileno()]) as zygote:
            zygote_end.close()
            assert control.recv(16) == READY
            socket.send_fds(control, [JOB], [written.fileno()])
            written.close()
            message, (pidfd,), _, _ = socket.recv_fds(control, 16, 1)
            os.close(pidfd)
            assert message == PIDFD
            assert STATUS.unpack(control.recv(16))[0] == 0
            control.close()
        assert (zygote.returncode, ran.read()) == (0, b"ran")
