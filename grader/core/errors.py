"""Errors for people: what happened and what to do, in the reader's language; similar names for a misspelled one.

An error carries an English template and the facts to fill in. The template is a literal in the raise statement, from
which Babel extracts it into the translation catalog.
"""

from __future__ import annotations

import copyreg
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Self

from grader.core.language import translator

MAX_SUGGESTED = 3
"""Maximum number of names that a message suggests in place of an unknown name."""
DAMAGED = (ValueError, RecursionError)
"""What a decoder of JSON or TOML raises for bytes of unknown origin.

`ValueError` includes the errors of msgspec and tomllib, text that is not UTF-8, and numbers with too many digits.
Brackets that are nested more deeply than Python's stack end in `RecursionError`.
"""
MIN_SIMILARITY = 0.6
"""Similarity, from 0 to 1, of a name that a message suggests: of three Chinese characters, one may differ."""


def nearest_names(
    name: str, known: Iterable[str], limit: int = MAX_SUGGESTED, min_similarity: float = MIN_SIMILARITY
) -> list[str]:
    """Return the known names that are most similar to an unknown one, the most similar first, at most `limit`."""
    from difflib import get_close_matches

    return get_close_matches(name, list(known), limit, min_similarity)


def suggest_names(problem: str, near: Sequence[str], known: Sequence[str], tr: Callable[[str], str]) -> str:
    """Return what is wrong with a name, followed by a suggestion.

    `problem` has no final period. The suggestion is the similar names, `near`; if there are none, all names, `known`;
    if there are none either, nothing is added.
    """
    if near:
        return tr("{problem}. Did you mean {near}?").format(problem=problem, near=", ".join(near))
    if known:
        return tr("{problem}. Known: {known}").format(problem=problem, known=", ".join(known))
    return problem


class GraderError(Exception):
    """An error that ends the command with a message and no traceback.

    `exit_code` is what the command line returns for it. `near` and `known` are names to suggest, set by `suggest`.
    """

    exit_code = 2
    near: Sequence[str] = ()
    known: Sequence[str] = ()

    def __init__(self, template: str, /, **facts: object) -> None:
        super().__init__(template, facts)
        self.template, self.facts = template, facts

    def __str__(self) -> str:
        """Return the English message, for logs and tracebacks; `say` returns it in another language."""
        return self.say("en")

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle the attributes, not the constructor's arguments: Dask pickles errors that its workers raise."""
        return copyreg.__newobj__, (type(self),), vars(self)  # type: ignore[attr-defined]  # it has no stub

    def say(self, language: str) -> str:
        """Return the message in a language; facts that are errors are translated, too."""
        facts = {name: _translated(fact, language) for name, fact in self.facts.items()}
        translate = translator(language)
        return suggest_names(translate(self.template).format(**facts), self.near, self.known, translate)

    def suggest(self, near: Sequence[str], known: Sequence[str] = ()) -> Self:
        """Add a suggestion to the message, which is about an unknown name, and return the error.

        The arguments are those of `suggest_names`. The template has no final period.
        """
        self.near, self.known = near, known
        return self


class UsageError(GraderError):
    """Wrong input from the user: an option, a file or a folder that the command cannot use."""


class GraderErrors(GraderError):  # noqa: N818  (it holds several errors)
    """Several errors of one run, reported together so that all can be fixed at once."""

    def __init__(self, errors: Sequence[object]) -> None:
        super().__init__("")
        self.errors = list(errors)

    def say(self, language: str) -> str:
        """Return the messages, one per line."""
        return "\n".join(str(_translated(error, language)) for error in self.errors)


class NoSandboxError(GraderErrors, UsageError):
    """No worker started in a sandbox of the wanted level: the machine lacks it, or an experiment cannot be loaded."""


class AuthoringError(GraderError):
    """A wrong declaration in an exercise: its place, the fault found there, and what to do (`cure`).

    The message is always in English.
    """

    def __init__(self, place: str | Path, found: str, cure: str) -> None:
        super().__init__("")
        self.place, self.found, self.cure = str(place), found, cure

    def say(self, language: str) -> str:
        """Return the place and the fault found there on one line, and what to do on the next line."""
        return f"{self.place}: {self.found}\n    What to do: {self.cure}"


class AuthoringErrors(GraderErrors):
    """All authoring errors of one run."""


def _translated(fact: object, language: str) -> object:
    return fact.say(language) if isinstance(fact, GraderError) else fact


class WorkerDiedError(Exception):
    """The zygote ended. The caller starts another zygote and runs the job once more."""


class ForkServerDiedError(WorkerDiedError):
    """The zygote ended because its fork server did, which no submission can reach: a fault of the machine."""


class WorkerStartError(WorkerDiedError):
    """The zygote did not start, or was gone before it had a child: a fault of the machine, not of a submission."""
