"""Why a member is not read, in the language of the reader."""

from __future__ import annotations

from grader.submissions.members import zips
from grader.submissions.members.tree import UNREADABLE, Translate
from grader.submissions.submission import LINK, NOT_REGULAR


def spoken(reason: str, tr: Translate) -> str:
    """A reason that stands in the code in English, translated if it is one of these; a detail in brackets stays."""
    known = {
        LINK: tr("a symbolic link, which is not followed"),
        NOT_REGULAR: tr("not a regular file"),
        UNREADABLE: tr("a folder that cannot be read"),
        zips.TWICE: tr("twice in the archive: which one counts?"),
        zips.BOTH: tr("a file and a folder in one: which counts?"),
        zips.LEADS_OUT: tr("a name that leads out of the archive"),
        zips.CONTROL: tr("control characters in its name"),
        zips.LONG: tr("a name that is too long"),
        zips.LOCKED: tr("encrypted: it must be handed in without a password"),
        zips.UNUSUAL: tr("compressed in an unusual way: it must be zipped with the usual settings"),
        zips.BROKEN: tr("cannot be unpacked"),
        zips.NO_ZIP: tr("no zip file that can be read"),
        zips.NO_TAR: tr("no tar file that can be read"),
        zips.TOO_MANY: tr("too many files in it"),
    }
    what, mark, detail = reason.partition(" (")
    return known[what] + mark + detail if what in known else reason
