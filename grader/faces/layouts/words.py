"""Why a member is not read, in the language of the reader."""

from __future__ import annotations

from grader.faces.layouts.tree import Translate


def spoken(reason: str, tr: Translate) -> str:
    """A reason that stands in the code in English, translated if it is one of these."""
    known = (
        tr("a symbolic link, which is not followed"),
        tr("not a regular file"),
        tr("a folder that cannot be read"),
        tr("twice in the archive: which one counts?"),
        tr("a file and a folder in one: which counts?"),
        tr("a name that leads out of the archive"),
        tr("control characters in its name"),
        tr("a name that is too long"),
        tr("encrypted: it must be handed in without a password"),
        tr("compressed in an unusual way: it must be zipped with the usual settings"),
        tr("an archive inside an archive, which is not opened"),
    )
    return tr(reason) if tr(reason) in known else reason
