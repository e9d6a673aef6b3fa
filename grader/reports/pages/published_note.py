"""Replace the note on the class page that says when the scores were published, and which scores changed since then.

`grader publish` replaces only the note in the finished page. So the command needs neither course nor submissions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from grader.core.files.atomic_files import write_atomically
from grader.core.files.regular_files import read_regular
from grader.reports.pages.page_templates import environment_for

TEMPLATE = "published.html"
NOTE = re.compile(r'<div id="published">.*?</div>', re.DOTALL)
"""Matches the note in a page. No text of a student can match first: such text comes later, and is escaped."""


def replace_note(folder: Path, lines: Sequence[str], language: str) -> bool:
    """Replace the note of the class page by these lines; return False if there is no page with a note.

    Raises UsageError if the page cannot be written.
    """
    path = folder / "index.html"
    try:
        page = read_regular(path).decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    note = environment_for(language).get_template(TEMPLATE).render(publication=lines).strip()
    changed, found = NOTE.subn(lambda _: note, page, count=1)
    if found and changed != page:
        write_atomically(path, changed.encode())
    return bool(found)
