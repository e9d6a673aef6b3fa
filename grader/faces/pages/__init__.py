"""The class page and one page for each student: self-contained, offline, nothing of a student's in them is alive.

Whatever a template shows goes through `visible` and is escaped, unasked. A page names, by its hash, the only script
that may run in it, so that a forgotten escape would still start nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from markupsafe import Markup

from grader.core.files import write_atomically
from grader.core.language import translator
from grader.core.people import people_of
from grader.faces.pages.class_page import class_facts
from grader.faces.pages.people import STUDENTS, person_of
from grader.faces.pages.rendering import environment_for, policy_of
from grader.faces.pages.student_page import student_facts
from grader.faces.pages.tally import Tally
from grader.judge.journal import Beside, Judged
from grader.judge.library import Library
from grader.judge.policy import policy_in
from grader.judge.policy.visibility import seen_by_student

OURS = re.compile(r"[0-9a-f]{20}\.html")
"""The name of a student's page."""


def write_pages(
    folder: Path,
    judged: Iterable[Judged],
    library: Library,
    run: Mapping[str, Any],
    language: str,
    beside: Callable[[Judged], Mapping[str, Beside]] = lambda _: {},
    remarks: Sequence[str] = (),
) -> None:
    """Write index.html and students/*.html, and remove the pages of students who are no longer in the class.

    The class is gone through once, student by student (in their order), and no record of it is kept. `beside` gives
    what the journal keeps beside the records; `remarks` are lines about who handed in. Of hidden checks a student's
    page tells what the policy in `run` says. Raises UsageError when the folder cannot be written.
    """
    environment = environment_for(language)
    tally, policy = Tally(translator(language)("a fault of the grader")), policy_in(run)
    seen = partial(seen_by_student, library=library, policy=policy, language=language)
    template, wanted = environment.get_template("student.html"), set[str]()
    people = people_of(run)
    for one in judged:
        person = person_of(one, people)
        tally.add(person)
        wanted.add(person.page)
        facts = student_facts(person, beside(one), library, seen, language)
        write_atomically(folder / person.page, template.render(policy=policy_of(""), run=run, **facts).encode())
    script = (Path(__file__).parent / "templates" / "class.js").read_text("utf-8")
    page = environment.get_template("class.html").render(
        policy=policy_of(script),
        script=Markup(script),
        run=run,
        remarks=remarks,
        **class_facts(tally, library, language),
    )
    write_atomically(folder / "index.html", page.encode())
    _sweep(folder, wanted)


def _sweep(folder: Path, wanted: set[str]) -> None:
    """Remove pages of an earlier run that nothing links to any more."""
    for path in (folder / STUDENTS).glob("*.html"):
        if OURS.fullmatch(path.name) and f"{STUDENTS}/{path.name}" not in wanted:
            path.unlink(missing_ok=True)
