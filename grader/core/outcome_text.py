"""Sentences about outcomes, reasons and lines of code, in the reader's language.

This is the only place that has templates for reasons. It runs where results are written or shown, never where student
code runs. Facts are filled in as plain text and numbers: no fact is ever a template.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from grader.core.language import translator
from grader.core.outcomes import (
    Crashed,
    GraderFault,
    Missing,
    NotAttempted,
    Observed,
    Outcome,
    Raised,
    Refused,
    SourceLine,
    TimedOut,
)
from grader.core.reasons import FILE_CODES, Code, Reason

_ = str  # marks a text for the translators' catalogue

TEMPLATES: Mapping[Code, str] = MappingProxyType(
    {
        Code.NO_FILE: _("no file was handed in"),
        Code.NOT_DEFINED: _("no submitted file defines it"),
        Code.NOT_DEFINED_HERE: _("no file here defines {function}; it belongs in {file} as {signature}"),
        Code.BELONGS_IN: _("it belongs in {file} as {signature}"),
        Code.SEVERAL_FILES: _("defined in several files ({files}): which one counts?"),
        Code.NO_FUNCTION_LEFT: _("{file} leaves no function of that name behind"),
        Code.UTF16: _("{file} is UTF-16 text: save it as UTF-8 and hand it in again"),
        Code.NULL_BYTES: _("{file} holds null bytes: it is no Python text"),
        Code.UNDECODABLE: _("{file} cannot be decoded ({error}): save it as UTF-8 and hand it in again"),
        Code.BAD_NOTEBOOK: _("{file} cannot be read as a notebook: {error}"),
        Code.FORBIDDEN: _(
            "it tried something that the sandbox forbids ({error}). Files, networks and other processes are not there "
            "while a submission is graded: use num_workers=0 in a DataLoader, keep data in memory, and leave "
            "demonstrations out of the file"
        ),
        Code.SIGNAL: _("ended by signal {signal}"),
        Code.EXIT: _("left on its own with exit code {code}"),
        Code.STOPPED: _("the process was ended"),
        Code.BAD_RESULTS: _("its results could not be read ({fault})"),
        Code.LOST_WORKERS: _("it took its worker with it, twice"),
        Code.AS_DECLARED: _("as declared"),
        Code.UNAVAILABLE: "{error}",
        Code.INTERNAL: "{error}",
        Code.NO_GOLDEN: _("no golden observation for this check: update the exercises"),
        Code.OTHER_TORCH: _("node names are those of torch {golden}, this is {version}: not comparable here"),
        Code.SOLUTION_FAILED: _("the solution itself gave no observation: {outcome}"),
        Code.LINK: _("a symbolic link, which is not followed"),
        Code.NOT_REGULAR: _("not a regular file"),
        Code.SYSTEM_ERROR: "{error}",
        Code.TOO_LARGE: _("larger than {mib} MiB"),
        Code.PAST_TOTAL: _("past {mib} MiB in all"),
        Code.UNREADABLE_FOLDER: _("a folder that cannot be read"),
        Code.INNER_ARCHIVE: _("an archive inside an archive, which is not opened"),
        Code.CLOSED_ARCHIVE: _("an archive that cannot be opened here: ask for a .zip"),
        Code.EMPTY_ARCHIVE: _("an empty archive"),
        Code.TWICE: _("twice in the archive: which one counts?"),
        Code.FILE_AND_FOLDER: _("a file and a folder in one: which counts?"),
        Code.LEADS_OUT: _("a name that leads out of the archive"),
        Code.CONTROL_CHARACTERS: _("control characters in its name"),
        Code.LONG_NAME: _("a name that is too long"),
        Code.ENCRYPTED: _("encrypted: it must be handed in without a password"),
        Code.UNUSUAL_COMPRESSION: _("compressed in an unusual way: it must be zipped with the usual settings"),
        Code.BROKEN: _("cannot be unpacked"),
        Code.NO_ZIP: _("no zip file that can be read"),
        Code.NO_TAR: _("no tar file that can be read"),
        Code.TOO_MANY_MEMBERS: _("too many files in it"),
        Code.RENAMED_CODE: _("renamed source code: take off the last ending, and grade again"),
        Code.DOCUMENT: _("a document ({size}), no .py or .ipynb file"),
        Code.TYPED_TEXT: _("a text or a link ({size}) typed into the page, no .py or .ipynb file"),
        Code.NO_CODE: _("no .py or .ipynb file ({size})"),
        Code.MORE_WITHOUT_CODE: _("{more} more files, and none is .py or .ipynb"),
        Code.TOO_MANY_FILES: _("more than {limit} files"),
        Code.TOO_MUCH: _("more than {mib} MiB in all"),
    }
)


def outcome_text(outcome: Outcome, language: str = "en") -> str:
    """What a student needs to know about an outcome, in a line or two; empty for an observation."""
    tr = translator(language)
    match outcome:
        case Observed():
            return ""
        case NotAttempted():
            return tr("not started")
        case Missing(reason):
            return tr("not found: {reason}").format(reason=reason_text(reason, language) if reason else "")
        case Raised():
            return _raised(outcome, language)
        case TimedOut(seconds, unrun):
            if unrun:
                return tr("not run: an earlier check of this function took too long")
            return tr("no answer within {seconds:g} s: does a loop never end?").format(seconds=seconds)
        case Crashed(how, unrun):
            if unrun:
                return tr("not run: an earlier check of this function ended the process")
            return tr("the process ended without an answer: {how}").format(how=reason_text(how, language))
        case Refused(reasons, review):
            said = "; ".join(reason_text(reason, language) for reason in reasons)
            return (tr("not judged: {reason}") if review else tr("stopped: {reason}")).format(reason=said)
        case GraderFault(reason):
            detail = reason_text(reason, language)
            return tr("a fault of the grader, not yours: {detail}").format(detail=detail)


def brief(outcome: Outcome) -> str:
    """An outcome on one line, in English: for messages to authors."""
    return ", ".join(outcome_text(outcome).splitlines())


def reason_text(reason: Reason, language: str = "en") -> str:
    """A reason as a sentence; one about a single file begins with its name, if it is given."""
    facts = dict(reason.facts)
    text = translator(language)(TEMPLATES[reason.code]).format(**facts)
    if detail := facts.get("detail"):
        text += f" ({detail})"
    return f"{facts['file']}: {text}" if reason.code in FILE_CODES and facts["file"] else text


def line_text(line: SourceLine, language: str = "en") -> str:
    """Where a line stands, and its code."""
    tr, numbers = translator(language), {"line": line.number, "column": line.column, "cell": line.cell}
    if line.cell is None:
        words = tr("line {line}: {code}") if line.column is None else tr("line {line}, column {column}: {code}")
    elif line.column is None:
        words = tr("cell {cell}, line {line}: {code}")
    else:
        words = tr("cell {cell}, line {line}, column {column}: {code}")
    return words.format(**numbers, code=line.text)


def _raised(outcome: Raised, language: str) -> str:
    text = f"{outcome.error}: {outcome.message}".rstrip(": ")
    if outcome.place:
        return f"{text}\n{line_text(outcome.place, language)}"
    if outcome.returned:
        tr = translator(language)
        return tr("your function returned {what}, and the check could not go on with it: {error}").format(
            what=outcome.returned, error=text
        )
    return text
