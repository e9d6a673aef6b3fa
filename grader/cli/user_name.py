"""The name of the person who runs a command, for records of who changed or published scores."""

from __future__ import annotations

import getpass
import os
from typing import Annotated

import typer

VARIABLE = "AUTOGRADED_USER"
"""Environment variable with the name, for accounts that several people share."""

ByOption = Annotated[
    str | None,
    typer.Option("--by", metavar="NAME", help="Your name for the record. Default: AUTOGRADED_USER, or the login name."),
]


def user_name(asked: str | None) -> str:
    """Return the name of --by, else of AUTOGRADED_USER, else the login name; empty if the system knows none."""
    name = asked or os.environ.get(VARIABLE, "")
    if name:
        return name
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container whose user has no entry in the password file
        return ""
