"""Which ids of a class look alike, how they are shown so that a person sees the difference, and the hash of an id.

Theory of operation
    Two ids look alike if their `id_key` is equal. The key is the id without invisible characters, with blanks trimmed
    and joined, in one width and one encoding of accents (Unicode's form NFKC), in one case, without the apostrophe that
    stops a formula, and without leading zeros of a number. Letters of other alphabets that look like Latin letters
    become these Latin letters. They come from Unicode's table of confusable characters in the package
    confusable-homoglyphs (extra `instructor`); without the package, letters of other alphabets stay different. Latin
    letters and digits that look alike (l, I and 1; O and 0) always stay different: ids such as user1 and userl are
    common.

    `id_hash` returns a short text that stands for an id. No spreadsheet program or terminal changes this text, and a
    person can type it. A table has a column ID_HASH if a spreadsheet program changes one of its ids
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
"""An `id_hash`. The letter at its start keeps spreadsheet programs from reading it as a number."""


def comparison_key(text: str) -> str:
    """Return a text without invisible characters and differences in capitals, width, blanks, encoding of accents."""
    if text.isascii() and text.isalnum():
        return text.lower()
    visible = _without_invisible(" ".join(text.split()))
    folded = normalize("NFKC", normalize("NFKC", visible).casefold())
    return " ".join(_without_invisible(folded).split())


def id_key(id_: str) -> str:
    """Return the key of an id: ids with the same key look alike, or a spreadsheet program makes them look alike."""
    key = comparison_key(id_)
    key = key.lstrip("'").lstrip() or key
    if not key.isascii():
        key = key.translate(_latin_letters())
    return key.lstrip("0") or "0" if key.isdecimal() else key


def id_hash(id_: str) -> str:
    """Return the hash of an id: the letter h and 16 hexadecimal digits; different ids have different hashes."""
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
    """Return the ids of a group as texts that differ visibly: `ann`, `"ann "`, `ann\\u200b`.

    Escapes replace invisible characters, and letters outside of ASCII that not all ids of the group have.
    """
    shared = set.intersection(*map(set, group))
    foreign = {character for id_ in group for character in id_ if not character.isascii()}
    shown = [show_invisible(id_, foreign - shared) for id_ in group]
    return shown if len(set(shown)) == len(shown) else [show_invisible(id_, foreign) for id_ in group]


def typed_id(id_: str) -> str:
    """Return an id as a command line takes it: as it is, or its hash if a person cannot see or type all of it.

    The hash also replaces an id that begins with a hyphen, which a command would take for an option.
    """
    return id_ if show_invisible(id_) == id_ and not id_.startswith("-") else id_hash(id_)


def _without_invisible(text: str) -> str:
    return "".join(c for c in text if not is_invisible(c) and c != REPLACEMENT)  # `visible` writes REPLACEMENT for them


@cache
def _latin_letters() -> dict[int, str]:
    """Return the small Latin letter or digit for each character outside of ASCII that looks like one, in any case."""
    try:
        from confusable_homoglyphs.confusables import confusables_data
    except ModuleNotFoundError:
        return {}
    found: dict[int, str] = {}
    for character, look_alikes in confusables_data.items():
        latin = [entry["c"] for entry in look_alikes if entry["c"].isascii() and entry["c"].isalnum()]
        if len(character) == 1 and not character.isascii() and latin and len(latin[0]) == 1:
            found[ord(character)] = latin[0].lower()
    # A key is in small letters, but often only the capital of a Cyrillic letter looks like a Latin letter.
    for number, latin_letter in list(found.items()):
        small = chr(number).lower()
        if len(small) == 1 and not small.isascii():
            found.setdefault(ord(small), latin_letter)
    return found
