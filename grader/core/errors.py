"""Errors whose messages say what happened and what to do, in the reader's language; suggestions for a wrong name.

An error carries an English template and the facts to fill in. The template is a literal in the `raise` statement, so
that Babel can extract it into the translation catalog.
"""

from __future__ import annotations

import copyreg
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Self

from grader.core.language import translator

MAX_SUGGESTED = 3
"""Maximum number of similar names that a message suggests for an unknown name."""
DAMAGED = (ValueError, RecursionError)
"""Exceptions that the decoders of JSON and TOML raise for damaged files.

`ValueError` includes the errors of msgspec and tomllib, text that is not UTF-8, and numbers with too many digits. The
decoders raise `RecursionError` for brackets that are nested more deeply than Python's stack allows.
"""
MIN_SIMILARITY = 0.6
"""Minimum similarity, from 0 to 1, of a suggested name: one of three Chinese characters may differ."""


def nearest_names(
    name: str, known: Iterable[str], limit: int = MAX_SUGGESTED, min_similarity: float = MIN_SIMILARITY
) -> list[str]:
    """Return at most `limit` known names that are similar to an unknown name, the most similar name first."""
    from difflib import get_close_matches

    return get_close_matches(name, list(known), limit, min_similarity)


def suggest_names(problem: str, near: Sequence[str], known: Sequence[str], tr: Callable[[str], str]) -> str:
    """Return the sentence `problem`, which says what is wrong with a name, followed by a suggestion.

    `problem` has no final period. The suggestion lists the similar names in `near`. If `near` is empty, it lists all
    names in `known`. If both are empty, there is no suggestion.
    """
    if near:
        return tr("{problem}. Did you mean {near}?").format(problem=problem, near=", ".join(near))
    if known:
        return tr("{problem}. Known: {known}").format(problem=problem, known=", ".join(known))
    return problem


class GraderError(Exception):
    """An error that ends a command with a message and without a traceback.

    exit_code: exit status of the command.
    near, known: names that the message suggests (see `suggest_names`); `suggest` sets them.
    """

    exit_code = 2
    near: Sequence[str] = ()
    known: Sequence[str] = ()

    def __init__(self, template: str, /, **facts: object) -> None:
        super().__init__(template, facts)
        self.template, self.facts = template, facts

    def __str__(self) -> str:
        """Return the message in English, for logs and tracebacks; `say` returns it in any language."""
        return self.say("en")

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle the attributes instead of the constructor's arguments: Dask pickles errors that its workers raise."""
        return copyreg.__newobj__, (type(self),), vars(self)  # type: ignore[attr-defined]  # no type stub

    def say(self, language: str) -> str:
        """Return the message in a language. A fact that is itself a GraderError is translated, too."""
        facts = {name: _translated(fact, language) for name, fact in self.facts.items()}
        translate = translator(language)
        return suggest_names(translate(self.template).format(**facts), self.near, self.known, translate)

    def suggest(self, near: Sequence[str], known: Sequence[str] = ()) -> Self:
        """Add suggested names to a message about an unknown name, and return the error.

        `suggest_names` describes `near` and `known`. The template must have no final period.
        """
        self.near, self.known = near, known
        return self


class UsageError(GraderError):
    """The user passed an option, a file or a folder that the command cannot use."""


class GraderErrors(GraderError):  # noqa: N818  (it holds several errors)
    """Several errors, reported together so that the user can fix all of them at once."""

    def __init__(self, errors: Sequence[object]) -> None:
        super().__init__("")
        self.errors = list(errors)

    def say(self, language: str) -> str:
        """Return the messages of all errors, one per line."""
        return "\n".join(str(_translated(error, language)) for error in self.errors)


class NoSandboxError(GraderErrors, UsageError):
    """No worker started in a sandbox of the wanted level: the machine lacks it, or an experiment cannot be loaded."""


class AuthoringError(GraderError):
    """A fault in the files of an exercise: the place, the fault found there, and what to do (`cure`).

    The message is always in English.
    """

    def __init__(self, place: str | Path, found: str, cure: str) -> None:
        super().__init__("")
        self.place, self.found, self.cure = str(place), found, cure

    def say(self, language: str) -> str:
        """Return the place and the fault on one line, and the cure on the next line."""
        return f"{self.place}: {self.found}\n    What to do: {self.cure}"


class AuthoringErrors(GraderErrors):
    """Several authoring errors, reported together."""


def _translated(fact: object, language: str) -> object:
    return fact.say(language) if isinstance(fact, GraderError) else fact


class WorkerDiedError(Exception):
    """The zygote ended. The caller starts another zygote and runs the job once more."""


class ForkServerDiedError(WorkerDiedError):
    """The zygote ended because its fork server ended: a fault of the machine. No submission can reach a fork server."""


class WorkerStartError(WorkerDiedError):
    """The zygote did not start, or ended before it forked a child: a fault of the machine, not of a submission."""
