"""For `grader forget`: recognize the names of students in texts, and remove students from the content of run.json."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from markupsafe import escape

from grader.submissions.students.look_alikes import id_key
from grader.submissions.submission import SubmissionMetadata

MIN_WORD_LENGTH = 4
"""Minimum length of a text that identifies a student; a shorter id, such as 12, also occurs in other texts."""


def identifying_words(people: Mapping[str, SubmissionMetadata], names: Sequence[str]) -> list[str]:
    """Return all ids, names and email addresses that identify the students `names`.

    A name, an email address or a further id is left out if it is shorter than MIN_WORD_LENGTH. Every text is left out
    that another student also has, or that looks like a text of another student: if a file contains such a text, it is
    unclear which student it names.
    """
    others = ((name, metadata) for name, metadata in people.items() if name not in names)
    texts_of_others = (word for name, metadata in others for word in (name, *_names_and_ids(metadata)))
    shared = {id_key(word) for word in texts_of_others if word}
    found = list(names)
    for metadata in (people[name] for name in names):
        found += [word for word in _names_and_ids(metadata) if len(word) >= MIN_WORD_LENGTH or not word.isascii()]
    return [word for word in found if word and id_key(word) not in shared]


def _names_and_ids(metadata: SubmissionMetadata) -> tuple[str, ...]:
    return metadata.name, metadata.email, *metadata.ids


def run_without(run: Mapping[str, Any], names: Sequence[str], words: Sequence[str]) -> dict[str, Any]:
    """Return the content of run.json without these students.

    The result lacks these students in people, submissions (`handed_in`), overrides and deadline extensions. The plan
    and the command that reproduces the run are removed if they name one of them. `words` comes from
    `identifying_words`.
    """
    found, others = dict(run), frozenset(run.get("people") or ()) - {*names}
    for part in ("people", "handed_in", "overrides"):
        if part in found:
            found[part] = _remove_entries(found[part], names, words, others)
    if policy := found.get("policy"):
        extensions = _remove_entries(policy.get("extensions") or {}, names, words, others)
        found["policy"] = policy | {"extensions": extensions}
    if any(mentions_name(str(found.get("reproduce", "")), word) for word in words):
        found["reproduce"] = ""
    if any(mentions_name(value, word) for value in _texts_of_plan(found.get("plan")) for word in words):
        del found["plan"]
    return found


def _texts_of_plan(plan: object) -> list[str]:
    """Return the texts in a plan, because a path may contain the name of a student."""
    return [value for value in plan.values() if isinstance(value, str)] if isinstance(plan, dict) else []


def _remove_entries(value: Any, names: Sequence[str], words: Sequence[str], others: Collection[str]) -> Any:
    """Return a part of run.json without the entries that are about these students or name them.

    `others` are the ids of all other students.
    """
    if isinstance(value, dict):
        return {name: _remove_entries(part, names, words, others) for name, part in value.items() if name not in names}
    if isinstance(value, list):
        remaining = (part for part in value if not _is_about(part, names, words, others))
        return [_remove_entries(part, names, words, others) for part in remaining]
    return value


def _is_about(part: object, names: Sequence[str], words: Sequence[str], others: Collection[str]) -> bool:
    """True if an entry of a list is about one of the students: their id, a text that names them, or their row."""
    if isinstance(part, str):
        return part in names or (part not in others and any(mentions_name(part, word) for word in words))
    return isinstance(part, dict) and part.get("student") in names


def mentions_name(text: str, name: str) -> bool:
    """True if a text contains a name, plain or escaped for HTML.

    If the name begins or ends with an ASCII character, a word of the text must begin or end there.
    """
    word_boundaries = [r"(?<!\w)" if name[:1].isascii() else "", r"(?!\w)" if name[-1:].isascii() else ""]
    return any(re.search(re.escape(spelling).join(word_boundaries), text) for spelling in {name, str(escape(name))})
