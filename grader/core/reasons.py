"""Reasons why a function, a check or a file was not graded, and remarks on how a file was read.

A reason is a code from a closed list, with facts of limited size. Child processes and Dask workers send reasons, and
the journal stores them. Only the grader turns codes into sentences (`grader.core.outcome_text`), so a process that ran
student code cannot choose the text of a message. `FACTS` lists the facts of each code. `Reason.of` cuts facts that are
too long; `Reason.checked` raises ValueError for facts that do not fit the list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

Fact: TypeAlias = str | int

FILE, ERROR, NAME = 300, 420, 100
"""Maximum numbers of characters of a fact: a path, the text of an error, a name."""
NUMBER = 0
"""In `FACTS`, this value means that the fact is a whole number, and not a text with a maximum length."""
LARGEST = 10**15
"""The largest whole number in a fact; some JSON readers lose digits of larger numbers."""


class Code(StrEnum):
    """Codes of all reasons and remarks."""

    # Reasons about a submission's files and functions
    NO_FILE = "no_file"
    NOT_DEFINED = "not_defined"
    NOT_DEFINED_HERE = "not_defined_here"
    BELONGS_IN = "belongs_in"
    SEVERAL_FILES = "several_files"
    NO_FUNCTION_LEFT = "no_function_left"
    UTF16 = "utf16"
    NULL_BYTES = "null_bytes"
    UNDECODABLE = "undecodable"
    CODING_LINE = "coding_line"
    BAD_NOTEBOOK = "bad_notebook"

    # Remarks on the encoding of a file that was graded
    OTHER_ENCODING = "other_encoding"
    GUESSED_ENCODING = "guessed_encoding"
    WRONG_CODING_LINE = "wrong_coding_line"

    # Reasons about the end of a run
    FORBIDDEN = "forbidden"
    SIGNAL = "signal"
    EXIT = "exit"
    STOPPED = "stopped"
    PROCESSOR_TIME = "processor_time"
    TOO_MANY_THREADS = "too_many_threads"
    TIME_BUDGET = "time_budget"
    OUTPUT_BUDGET = "output_budget"
    VALUES_BUDGET = "values_budget"
    BAD_RESULTS = "bad_results"
    LARGE_RESULT = "large_result"
    MANY_VALUES = "many_values"
    LARGE_RESULTS = "large_results"
    NO_MORE_THREADS = "no_more_threads"
    LOST_WORKERS = "lost_workers"
    AS_DECLARED = "as_declared"

    # Faults of the grader
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"
    NO_PROCESSOR = "no_processor"
    NO_GOLDEN = "no_golden"
    OTHER_TORCH = "other_torch"
    SOLUTION_FAILED = "solution_failed"
    CHECK_FAILED = "check_failed"

    # Reasons why one file is not read; each has the fact `file`
    LINK = "link"
    NOT_REGULAR = "not_regular"
    SYSTEM_ERROR = "system_error"
    TOO_LARGE = "too_large"
    PAST_TOTAL = "past_total"
    UNREADABLE_FOLDER = "unreadable_folder"
    INNER_ARCHIVE = "inner_archive"
    CLOSED_ARCHIVE = "closed_archive"
    EMPTY_ARCHIVE = "empty_archive"
    TWICE = "twice"
    FILE_AND_FOLDER = "file_and_folder"
    LEADS_OUT = "leads_out"
    CONTROL_CHARACTERS = "control_characters"
    LONG_NAME = "long_name"
    ENCRYPTED = "encrypted"
    UNUSUAL_COMPRESSION = "unusual_compression"
    BROKEN = "broken"
    NO_ZIP = "no_zip"
    NO_TAR = "no_tar"
    NO_ARCHIVE = "no_archive"
    SEVERAL_PARTS = "several_parts"
    SLOW_ARCHIVE = "slow_archive"
    SLOW_IN_TWO_TRIES = "slow_in_two_tries"
    NEEDS_SANDBOX = "needs_sandbox"
    NEEDS_LIBARCHIVE = "needs_libarchive"
    TOO_MANY_MEMBERS = "too_many_members"
    RENAMED_CODE = "renamed_code"
    DOCUMENT = "document"
    TYPED_TEXT = "typed_text"
    NO_CODE = "no_code"
    MORE_WITHOUT_CODE = "more_without_code"

    # Reasons about all files of a submission
    TOO_MANY_FILES = "too_many_files"
    TOO_MUCH = "too_much"


_ABOUT_ONE_FILE: Mapping[Code, Mapping[str, int]] = {
    Code.LINK: {},
    Code.NOT_REGULAR: {},
    Code.SYSTEM_ERROR: {"error": ERROR},
    Code.TOO_LARGE: {"mib": NUMBER},
    Code.PAST_TOTAL: {"mib": NUMBER},
    Code.UNREADABLE_FOLDER: {},
    Code.INNER_ARCHIVE: {},
    Code.CLOSED_ARCHIVE: {},
    Code.EMPTY_ARCHIVE: {},
    Code.TWICE: {},
    Code.FILE_AND_FOLDER: {},
    Code.LEADS_OUT: {},
    Code.CONTROL_CHARACTERS: {},
    Code.LONG_NAME: {},
    Code.ENCRYPTED: {},
    Code.UNUSUAL_COMPRESSION: {},
    Code.BROKEN: {"detail": ERROR},
    Code.NO_ZIP: {"detail": ERROR},
    Code.NO_TAR: {"detail": ERROR},
    Code.NO_ARCHIVE: {},
    Code.SEVERAL_PARTS: {},
    Code.SLOW_ARCHIVE: {},
    Code.SLOW_IN_TWO_TRIES: {},
    Code.NEEDS_SANDBOX: {},
    Code.NEEDS_LIBARCHIVE: {},
    Code.TOO_MANY_MEMBERS: {"detail": ERROR},
    Code.RENAMED_CODE: {},
    Code.DOCUMENT: {"size": NAME},
    Code.TYPED_TEXT: {"size": NAME},
    Code.NO_CODE: {"size": NAME},
    Code.MORE_WITHOUT_CODE: {"more": NUMBER},
}

FACTS: Mapping[Code, Mapping[str, int]] = MappingProxyType(
    {
        Code.NO_FILE: {},
        Code.NOT_DEFINED: {},
        Code.NOT_DEFINED_HERE: {"function": NAME, "file": FILE, "signature": FILE},
        Code.BELONGS_IN: {"file": FILE, "signature": FILE},
        Code.SEVERAL_FILES: {"files": FILE},
        Code.NO_FUNCTION_LEFT: {"file": FILE},
        Code.UTF16: {"file": FILE},
        Code.NULL_BYTES: {"file": FILE, "line": NUMBER},
        Code.UNDECODABLE: {"file": FILE, "line": NUMBER},
        Code.CODING_LINE: {"file": FILE},
        Code.BAD_NOTEBOOK: {"file": FILE, "error": ERROR},
        Code.OTHER_ENCODING: {"file": FILE, "encoding": NAME},
        Code.GUESSED_ENCODING: {"file": FILE, "encoding": NAME},
        Code.WRONG_CODING_LINE: {"file": FILE},
        Code.FORBIDDEN: {"error": ERROR},
        Code.SIGNAL: {"signal": NAME},
        Code.EXIT: {"code": NUMBER},
        Code.STOPPED: {},
        Code.PROCESSOR_TIME: {"seconds": NUMBER},
        Code.TOO_MANY_THREADS: {"limit": NUMBER},
        Code.TIME_BUDGET: {"seconds": NUMBER},
        Code.OUTPUT_BUDGET: {"kb": NUMBER},
        Code.VALUES_BUDGET: {"values": NUMBER},
        Code.BAD_RESULTS: {"fault": ERROR},
        Code.LARGE_RESULT: {"mib": NUMBER},
        Code.MANY_VALUES: {"limit": NUMBER},
        Code.LARGE_RESULTS: {"mib": NUMBER},
        Code.NO_MORE_THREADS: {"limit": NUMBER},
        Code.LOST_WORKERS: {},
        Code.AS_DECLARED: {},
        Code.UNAVAILABLE: {"error": ERROR},
        Code.INTERNAL: {"error": ERROR},
        Code.NO_PROCESSOR: {"seconds": NUMBER},
        Code.NO_GOLDEN: {},
        Code.OTHER_TORCH: {"golden": NAME, "version": NAME},
        Code.SOLUTION_FAILED: {"outcome": ERROR},
        Code.CHECK_FAILED: {"error": ERROR},
        **{code: {"file": FILE, **facts} for code, facts in _ABOUT_ONE_FILE.items()},
        Code.TOO_MANY_FILES: {"limit": NUMBER},
        Code.TOO_MUCH: {"mib": NUMBER},
    }
)
"""Names of the facts of each code, each with its maximum number of characters, or with NUMBER for a whole number."""

FILE_CODES = frozenset(_ABOUT_ONE_FILE)
"""Codes of the reasons why a single file is not read."""

BUDGETS = frozenset({Code.TIME_BUDGET, Code.OUTPUT_BUDGET, Code.VALUES_BUDGET})
"""Codes for a submission that used up the budget of all its checks together."""

LIMITS = BUDGETS | {Code.PROCESSOR_TIME}
"""Codes for a process that ended at a limit of time or output. A process that ended in another way has crashed."""


@dataclass(frozen=True)
class Reason:
    """A code, and its facts as (name, value) in the order of `FACTS`."""

    code: Code
    facts: tuple[tuple[str, Fact], ...] = ()

    @classmethod
    def of(cls, code: Code, /, **facts: Fact) -> Reason:
        """Return a reason. Facts that are too long are cut. Raises KeyError if a fact is missing."""
        return cls(code, tuple((name, _truncated(facts[name], limit)) for name, limit in FACTS[code].items()))

    @classmethod
    def checked(cls, code: str, facts: Mapping[object, object]) -> Reason:
        """Return a reason that another process sent. Raises ValueError if the code or its facts do not fit `FACTS`."""
        known = Code(code)
        expected = FACTS[known]
        if facts.keys() != expected.keys():
            raise ValueError(f"not the facts of {known}")
        return cls(known, tuple((name, _checked_fact(facts[name], limit)) for name, limit in expected.items()))

    def __getitem__(self, name: str) -> Fact:
        """Return a fact by its name. Raises KeyError if the reason has no such fact."""
        return dict(self.facts)[name]


class UnreadableError(ValueError):
    """A file of a submission cannot be read or must not be read; `code` and `facts` give the reason."""

    def __init__(self, code: Code, /, **facts: Fact) -> None:
        super().__init__(code, facts)
        self.code, self.facts = code, facts

    def about(self, file: str) -> Reason:
        """Return the reason, with the name of the file as a fact."""
        return Reason.of(self.code, file=file, **self.facts)


def _truncated(fact: Fact, limit: int) -> Fact:
    if limit == NUMBER:
        return max(-LARGEST, min(int(fact), LARGEST))
    # UTF-8 cannot encode lone surrogates, so they become escapes.
    return str(fact)[:limit].encode("utf-8", "backslashreplace").decode()[:limit]


def _checked_fact(fact: object, limit: int) -> Fact:
    if limit == NUMBER and type(fact) is int and abs(fact) <= LARGEST:
        return fact
    if limit != NUMBER and isinstance(fact, str) and len(fact) <= limit:
        return fact
    raise ValueError("a fact of the wrong kind or size")
