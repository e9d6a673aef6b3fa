"""Find the modules of commands: one module for each command, in the folder of the people who use it.

Adding a command changes no other file.
"""

from __future__ import annotations

from pkgutil import iter_modules

from grader.cli import commands
from grader.cli.translated_help import PANELS


def command_modules() -> dict[str, str]:
    """Return the name of every command with the full name of its module, in the order of the help."""
    folder = commands.__path__[0]
    return {
        module.name: f"{commands.__name__}.{audience}.{module.name}"
        for audience in PANELS
        for module in iter_modules([f"{folder}/{audience}"])
    }
