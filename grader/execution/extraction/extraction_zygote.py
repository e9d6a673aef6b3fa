"""The zygote of extraction: a process that loads libarchive once and forks one child per archive.

This zygote follows the same protocol as the zygote that runs student code (`guest.zygote_protocol`), but imports no
torch and no experiments, and its children run no student code. Each child applies its protections before it parses the
archive.
"""

from __future__ import annotations

import os
import socket
import sys
from functools import partial
from types import ModuleType

import msgspec

from grader.execution.extraction import libarchive
from grader.execution.extraction.archive_jobs import ArchiveJob, ArchiveSetup
from grader.execution.extraction.libarchive_reading import ArchiveReader
from grader.execution.extraction.sandbox_trial import blocked_attempts
from grader.execution.guest.limits.descriptors import JOB, RESULT, keep_only
from grader.execution.guest.limits.protections import Protections
from grader.execution.guest.zygote_protocol import die_with_parent, serve


def main() -> None:
    """Run the zygote; the descriptor of the control socket is the only argument."""
    die_with_parent()
    control = socket.socket(fileno=int(sys.argv[1]))
    _, (setup_fd,), _, _ = socket.recv_fds(control, 16, 1)
    with os.fdopen(setup_fd, "rb") as file:
        setup = msgspec.msgpack.decode(file.read(), type=ArchiveSetup)
    library = libarchive.load()
    protections = Protections(frozenset(setup.protections), setup.memory, setup.cpu)
    protections.prepare(readable=(), writable=())  # libarchive is loaded: a child needs no file at all
    serve(control, partial(run_child, library, protections))


def run_child(library: ModuleType, protections: Protections, descriptors: list[int]) -> None:
    """Open the archive of one job in this forked process, and write the stream about it to the result pipe."""
    keep_only(descriptors, protections)
    with os.fdopen(JOB, "rb") as file:
        job = msgspec.msgpack.decode(file.read(), type=ArchiveJob)
    protections.restrict_calls()
    if job.is_trial:
        write_all(bytes(blocked_attempts()))
    else:
        ArchiveReader(library, job).write_stream(write_all)


def write_all(data: bytes) -> None:
    """Write all bytes to the result pipe, and wait while the pipe is full."""
    view = memoryview(data)
    while view:
        view = view[os.write(RESULT, view) :]
