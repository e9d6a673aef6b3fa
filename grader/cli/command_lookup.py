"""Find the commands: each is one module of `grader.cli.commands`, in the folder for the role of its users.

To add a command, add a module; no other file changes. If Python reserves the name of a command, its module has the name
with an underscore: `try_` is the command `try`.
"""

from __future__ import annotations

from pkgutil import iter_modules

from grader.cli import commands
from grader.cli.translated_help import PANELS


def command_modules() -> dict[str, str]:
    """Return the full name of the module of each command, by the name of the command, in the order of the help."""
    folder = commands.__path__[0]
    return {
        module.name.removesuffix("_"): f"{commands.__name__}.{audience}.{module.name}"
        for audience in PANELS
        for module in iter_modules([f"{folder}/{audience}"])
    }
