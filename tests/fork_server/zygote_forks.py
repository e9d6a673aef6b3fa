"""Start zygotes as forks of a server that has imported torch, in place of new interpreters.

The module imports nothing of the grader: fork servers import it, too.
"""

import os
import subprocess
import sys
from pathlib import Path

CLIENT = Path(__file__).with_name("client.py")
ZYGOTE = "from grader.execution.guest.zygote import main"
"""Part of the source code that the interpreter of a zygote, or of the grader's fork server, runs."""


class ForkingPopen(subprocess.Popen):
    """subprocess.Popen, but what would import torch for a zygote is a fork of a server instead.

    Not in bubblewrap, and not as another user: from there a client does not reach the server. `servers` holds the
    socket of a server for each value of PYTHONHASHSEED; with another value, an interpreter starts.
    """

    servers = {}  # noqa: RUF012  (set once for the process)

    def __init__(self, args, *more, **options):
        super().__init__(self._line(args, options), *more, **options)

    def _line(self, args, options):
        python = [os.path.abspath(sys.executable), "-P", "-s", "-B", "-c"]  # noqa: PTH100  (as the grader writes it)
        if not isinstance(args, list) or args[:5] != python or ZYGOTE not in args[5] or options.get("user") is not None:
            return args
        server = self.servers.get(options["env"]["PYTHONHASHSEED"])
        return args if server is None else [sys.executable, "-I", "-S", str(CLIENT), server, *args[4:]]
