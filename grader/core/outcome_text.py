"""Turn outcomes and reasons into sentences in the reader's language.

This module holds all templates for reasons. Only the grader's own processes use it, never a process that runs student
code. The facts of a reason are filled in as plain text and numbers; a fact is never used as a template.
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
    Unreadable,
)
from grader.core.reasons import FILE_CODES, Code, Reason

_ = str  # Babel extracts the texts in calls of `_` into the translation catalog

TEMPLATES: Mapping[Code, str] = MappingProxyType(
    {
        Code.NO_FILE: _("no file was handed in"),
        Code.NOT_DEFINED: _("no submitted file defines this function"),
        Code.NOT_DEFINED_HERE: _("no file here defines {function}; it belongs in {file} as {signature}"),
        Code.BELONGS_IN: _("this function belongs in {file} as {signature}"),
        Code.SEVERAL_FILES: _("defined in several files ({files}): keep one definition and hand it in again"),
        Code.NO_FUNCTION_LEFT: _("{file} does not define this function after it has run"),
        Code.UTF16: _("{file} is UTF-16 text: save it as UTF-8 and hand it in again"),
        Code.NULL_BYTES: _(
            "{file}, line {line}: a null byte, so this is not text. Save the file as UTF-8 and hand it in again"
        ),
        Code.UNDECODABLE: _("{file}, line {line}: cannot be decoded. Save the file as UTF-8 and hand it in again"),
        Code.CODING_LINE: _(
            "{file}: its coding line names an encoding that Python does not know or that the file does not have. "
            "Remove this line, save the file as UTF-8 and hand it in again"
        ),
        Code.OTHER_ENCODING: _(
            "{file} was read as {encoding}. Save the file as UTF-8 next time: every program can read UTF-8."
        ),
        Code.GUESSED_ENCODING: _(
            "{file} is not UTF-8. It was read as {encoding}, which is a guess. If its text looks wrong here, save it "
            "as UTF-8 and hand it in again."
        ),
        Code.WRONG_CODING_LINE: _(
            "{file} was read as UTF-8, but its coding line names another encoding, so Python itself may refuse the "
            "file. Remove this line."
        ),
        Code.BAD_NOTEBOOK: _("{file} cannot be read as a notebook: {error}"),
        Code.FORBIDDEN: _(
            "the sandbox blocked it ({error}). Files, networks and other processes are not available while a "
            "submission is graded: use num_workers=0 in a DataLoader, keep data in memory, and remove demonstrations "
            "from the file"
        ),
        Code.SIGNAL: _("ended by signal {signal}"),
        Code.EXIT: _("it exited with code {code}"),
        Code.STOPPED: _("the grader ended the process"),
        Code.PROCESSOR_TIME: _("it used all of its {seconds} s of processor time"),
        Code.TOO_MANY_THREADS: _("it started more than {limit} threads"),
        Code.TIME_BUDGET: _("all checks of a submission together may take {seconds} s, and this time is used up"),
        Code.OUTPUT_BUDGET: _("all results of a submission together may take {kb} kB, and this submission's take more"),
        Code.VALUES_BUDGET: _(
            "all results of a submission together may hold {values} values, and this submission's hold more"
        ),
        Code.BAD_RESULTS: _("its results cannot be read ({fault})"),
        Code.LARGE_RESULT: _("the observations of a check take more than {mib} MiB, the limit for one check"),
        Code.MANY_VALUES: _("the observations of a check hold more than {limit} values, the limit for one check"),
        Code.LARGE_RESULTS: _("its results together take more than {mib} MiB, the limit for a submission"),
        Code.NO_MORE_THREADS: _(
            "it could not start another thread: at most {limit} threads are allowed, and fewer if their memory is used "
            "up"
        ),
        Code.LOST_WORKERS: _("it crashed its worker process twice"),
        Code.AS_DECLARED: _("as the entry of this known mistake declares"),
        Code.UNAVAILABLE: "{error}",
        Code.INTERNAL: "{error}",
        Code.NO_PROCESSOR: _("the computer was too busy: the submission waited {seconds} s for a processor"),
        Code.NO_GOLDEN: _("no golden for this check: update the exercises"),
        Code.OTHER_TORCH: _(
            "node names differ between torch versions: the golden was recorded with {golden}, this is {version}"
        ),
        Code.SOLUTION_FAILED: _("the solution returned no observation: {outcome}"),
        Code.CHECK_FAILED: _("this check fails before it calls your function. Tell your instructor: {error}"),
        Code.LINK: _("a symbolic link, which is not followed"),
        Code.NOT_REGULAR: _("not a regular file"),
        Code.SYSTEM_ERROR: "{error}",
        Code.TOO_LARGE: _("larger than {mib} MiB"),
        Code.PAST_TOTAL: _("the files before it reach the limit of {mib} MiB"),
        Code.UNREADABLE_FOLDER: _("a folder that cannot be read"),
        Code.INNER_ARCHIVE: _("an archive inside an archive inside an archive, which is not opened"),
        Code.CLOSED_ARCHIVE: _("an archive of a kind that is not supported: hand in a .zip file"),
        Code.EMPTY_ARCHIVE: _("an empty archive"),
        Code.TWICE: _("the archive contains this file twice: hand in one of them"),
        Code.FILE_AND_FOLDER: _("the archive contains a file and a folder of this name"),
        Code.LEADS_OUT: _("its path leads out of the archive"),
        Code.CONTROL_CHARACTERS: _("control characters in its name"),
        Code.LONG_NAME: _("a name that is too long"),
        Code.ENCRYPTED: _("encrypted: hand in a file without a password"),
        Code.UNUSUAL_COMPRESSION: _(
            "compressed with an unsupported method: zip it with the default settings and hand it in again"
        ),
        Code.BROKEN: _("cannot be unpacked"),
        Code.NO_ZIP: _("not a readable zip file"),
        Code.NO_TAR: _("not a readable tar file"),
        Code.NO_ARCHIVE: _("not a readable archive"),
        Code.SEVERAL_PARTS: _("one part of an archive in several parts: hand in a single .zip file"),
        Code.SLOW_ARCHIVE: _("it takes too long to open: hand in a .zip file"),
        Code.SLOW_IN_TWO_TRIES: _("it takes too long to open: hand in a .zip file"),
        Code.NEEDS_SANDBOX: _("an archive of a kind that is not opened here: hand in a .zip file"),
        Code.NEEDS_LIBARCHIVE: _("an archive of a kind that is not opened here: hand in a .zip file"),
        Code.TOO_MANY_MEMBERS: _("it contains too many files"),
        Code.RENAMED_CODE: _(
            "source code with an added file extension: remove the last extension and hand it in again"
        ),
        Code.DOCUMENT: _("a document ({size}), not a .py or .ipynb file"),
        Code.TYPED_TEXT: _("a text or a link ({size}) typed into the page, not a .py or .ipynb file"),
        Code.NO_CODE: _("not a .py or .ipynb file ({size})"),
        Code.MORE_WITHOUT_CODE: _("{more} more files; none is a .py or .ipynb file"),
        Code.TOO_MANY_FILES: _("more than {limit} files"),
        Code.TOO_MUCH: _("more than {mib} MiB in all"),
    }
)
"""Code of a reason -> the sentence that explains this reason to a student."""
FRAME_FAULTS = (
    _("an unexpected frame"),
    _("an unexpected file"),
    _("an unexpected result"),
    _("an unknown encoding"),
    _("an unknown kind of frame"),
    _("an unreadable file that the parser has read"),
    _("locations of functions or files that were not requested"),
)
"""Values of the fact `fault` of a reason BAD_RESULTS, which `execution.guest.frames` and `execution.host.child_monitor`
write. This list only makes them available for translation."""
INSTRUCTOR_TEMPLATES: Mapping[Code, str] = MappingProxyType(
    {
        **TEMPLATES,
        Code.SEVERAL_FILES: _("defined in several files ({files}), and nobody has chosen which one counts"),
        Code.UTF16: _("{file} is UTF-16 text: ask the student for a file in UTF-8"),
        Code.NULL_BYTES: _(
            "{file}, line {line}: a null byte, so this is not text: ask the student for a file in UTF-8"
        ),
        Code.UNDECODABLE: _("{file}, line {line}: cannot be decoded: ask the student for a file in UTF-8"),
        Code.CODING_LINE: _(
            "{file}: its coding line names an encoding that Python does not know or that the file does not have: ask "
            "the student for a file in UTF-8"
        ),
        Code.CLOSED_ARCHIVE: _("an archive of a kind that is not supported: ask the student for a .zip file"),
        Code.SEVERAL_PARTS: _("one part of an archive in several parts: ask the student for a single .zip file"),
        Code.SLOW_ARCHIVE: _("it takes too long to open: ask the student for a .zip file"),
        Code.SLOW_IN_TWO_TRIES: _(
            "it took too long to open in two tries: ask the student for a .zip file, or grade again with "
            "--retry-timeouts"
        ),
        Code.NEEDS_SANDBOX: _(
            "an archive of this kind is opened only in a sandbox of level full or core: unpack it, put the files into "
            "a .zip file in its place, then grade again"
        ),
        Code.NEEDS_LIBARCHIVE: _(
            "opening it needs libarchive: install it (apt install libarchive13; pip install 'autograded[archives]') "
            "or put the files into a .zip file in its place, then grade again"
        ),
        Code.TWICE: _("the archive contains this file twice: ask the student which one to grade"),
        Code.ENCRYPTED: _("encrypted: ask the student for a file without a password"),
        Code.UNUSUAL_COMPRESSION: _(
            "compressed with an unsupported method: ask the student to zip it with the default settings"
        ),
        Code.RENAMED_CODE: _("source code with an added file extension: remove the last extension, then grade again"),
    }
)
"""Code of a reason -> the sentence that explains this reason to an instructor: what to do, or what to ask the student
for."""


def review_text(outcome: Outcome, language: str = "en") -> str:
    """Return the reason why a function is ungraded, on one line, for the instructor."""
    tr = translator(language)
    match outcome:
        case Unreadable(reasons):
            return "; ".join(reason_text(reason, language, INSTRUCTOR_TEMPLATES) for reason in reasons)
        case GraderFault(reason):
            return tr("the grader failed: {detail}").format(detail=reason_text(reason, language, INSTRUCTOR_TEMPLATES))
    return outcome_text(outcome, language)


def outcome_text(outcome: Outcome, language: str = "en") -> str:
    """Return an outcome as one or two lines for the student; empty for `Observed`."""
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
        case TimedOut(reason=Reason() as reason, unrun=unrun):
            ended = tr("stopped: {reason}") if outcome.is_over_budget else tr("timed out: {reason}")
            words = tr("not run: {reason}") if unrun else ended
            return words.format(reason=reason_text(reason, language))
        case TimedOut(seconds, unrun):
            if unrun:
                return tr("not run: an earlier check of this function timed out")
            return tr("timed out after {seconds:g} s: does a loop never end?").format(seconds=seconds)
        case Crashed(how, unrun):
            if unrun:
                return tr("not run: an earlier check of this function crashed the process")
            return tr("the process ended before it returned a result: {how}").format(how=reason_text(how, language))
        case Refused(reasons) | Unreadable(reasons):
            text = "; ".join(reason_text(reason, language) for reason in reasons)
            return tr("blocked: {reason}").format(reason=text) if isinstance(outcome, Refused) else text
        case GraderFault(reason):
            detail = reason_text(reason, language)
            return tr("the grader failed; this is not your fault: {detail}").format(detail=detail)


def outcome_summary(outcome: Outcome) -> str:
    """Return an outcome as one line in English, for messages to authors."""
    return ", ".join(outcome_text(outcome).splitlines())


def reason_text(reason: Reason, language: str = "en", templates: Mapping[Code, str] = TEMPLATES) -> str:
    """Return a reason as a sentence. A reason about a single file begins with the name of the file, if it is known."""
    facts, translate = dict(reason.facts), translator(language)
    if reason.code == Code.BAD_RESULTS:
        facts["fault"] = translate(str(facts["fault"]))
    text = translate(templates[reason.code]).format(**facts)
    if detail := facts.get("detail"):
        text += f" ({detail})"
    return f"{facts['file']}: {text}" if reason.code in FILE_CODES and facts["file"] else text


def line_text(line: SourceLine, language: str = "en") -> str:
    """Return the position and the code of a line: "cell 2, line 3: x = 1 / 0"."""
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
        return tr("your function returned {what}, and the check cannot use it: {error}").format(
            what=outcome.returned, error=text
        )
    return text
