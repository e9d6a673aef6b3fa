"""Find ids of a class that look alike, write such ids so that a person sees the difference, and make hashes of ids.

Theory of operation
    Two ids look alike if their `id_key` is equal. To make the key, `id_key` removes invisible characters, blanks at the
    ends and double blanks; brings widths, accents and upper and lower case into one form (Unicode's form NFKC); and
    removes the apostrophe that stops a formula, and leading zeros of a number. Letters of other alphabets that look
    like Latin letters become these Latin letters. The package confusable-homoglyphs (extra `instructor`) contains
    Unicode's table of such letters; without the package, these letters stay different. Latin letters and digits that
    look alike (l, I and 1; O and 0) always stay different, because ids such as user1 and userl are common.

    `id_hash` returns a short text that stands for an id. A person can type this text, and no spreadsheet program or
    terminal changes it. A table has a column ID_HASH if a spreadsheet program changes one of its ids
    (`students.spreadsheet_cells`), or if two of its ids look alike.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import sha256

from grader.core.visible_text import REPLACEMENT, is_invisible, normalize, show_invisible
from grader.submissions.students.spreadsheet_cells import survives_spreadsheet

ID_HASH = "id_hash"
"""Heading of the column with hashes of ids."""
HASH_PATTERN = re.compile(r"h[0-9a-f]{16}")
"""The form of an `id_hash`. An `id_hash` starts with a letter, so that no spreadsheet program reads it as a number."""


def comparison_key(text: str) -> str:
    """Return a key to compare texts regardless of invisible characters, case, width, blanks and encoding of accents."""
    if text.isascii() and text.isalnum():
        return text.lower()
    visible = _without_invisible(" ".join(text.split()))
    folded = normalize("NFKC", normalize("NFKC", visible).casefold())
    return " ".join(_without_invisible(folded).split())


def id_key(id_: str) -> str:
    """Return a key to compare ids.

    Ids with the same key look alike, at least after a spreadsheet program saves them.
    """
    key = comparison_key(id_)
    key = key.lstrip("'").lstrip() or key
    if not key.isascii():
        key = key.translate(_latin_letters())
    return key.lstrip("0") or "0" if key.isdecimal() else key


def id_hash(id_: str) -> str:
    """Return the hash of an id: the letter h and 16 hexadecimal digits. Different ids have different hashes."""
    return "h" + sha256(id_.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def look_alike_groups(ids: Iterable[str]) -> list[tuple[str, ...]]:
    """Return the groups of two or more ids that look alike, in the order of their first members."""
    groups = defaultdict[str, list[str]](list)
    for id_ in dict.fromkeys(ids):
        groups[id_key(id_)].append(id_)
    return [tuple(group) for group in groups.values() if len(group) > 1]


def ids_with_hash(ids: Iterable[str]) -> set[str]:
    """Return the ids that need an `id_hash`: a spreadsheet program changes them, or they look like another id."""
    ids = list(ids)
    alike = {id_ for group in look_alike_groups(ids) for id_ in group}
    return alike.union(id_ for id_ in ids if not survives_spreadsheet(id_))


def spellings(group: Sequence[str]) -> list[str]:
    """Return the ids of a group as texts with visible differences: `ann`, `"ann "`, `ann\\u200b`.

    Escapes replace invisible characters, and those letters outside of ASCII that are not in all ids of the group.
    """
    shared = set.intersection(*map(set, group))
    foreign = {character for id_ in group for character in id_ if not character.isascii()}
    shown = [show_invisible(id_, foreign - shared) for id_ in group]
    return shown if len(set(shown)) == len(shown) else [show_invisible(id_, foreign) for id_ in group]


def typed_id(id_: str) -> str:
    """Return an id for use in a command line: the id itself, or its hash if a person cannot see or type the id.

    The hash also replaces an id that begins with a hyphen, because a command would read such an id as an option.
    """
    return id_ if show_invisible(id_) == id_ and not id_.startswith("-") else id_hash(id_)


def _without_invisible(text: str) -> str:
    # `visible` replaces an invisible character by REPLACEMENT.
    return "".join(c for c in text if not is_invisible(c) and c != REPLACEMENT)


@cache
def _latin_letters() -> dict[int, str]:
    """Map code points of characters outside of ASCII to the small Latin letter or digit that looks like them."""
    try:
        from confusable_homoglyphs.confusables import confusables_data
    except ModuleNotFoundError:
        return {}
    found: dict[int, str] = {}
    for character, look_alikes in confusables_data.items():
        latin = [entry["c"] for entry in look_alikes if entry["c"].isascii() and entry["c"].isalnum()]
        if len(character) == 1 and not character.isascii() and latin and len(latin[0]) == 1:
            found[ord(character)] = latin[0].lower()
    # Keys have only small letters, but of many Cyrillic letters only the capital looks like a Latin letter.
    for number, latin_letter in list(found.items()):
        small = chr(number).lower()
        if len(small) == 1 and not small.isascii():
            found.setdefault(ord(small), latin_letter)
    return found
