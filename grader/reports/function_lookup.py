"""Find the function that a person names in the results of a student, or suggest the nearest names."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from grader.core.errors import UsageError

MAX_SUGGESTIONS = 5
"""Maximum number of names that an error message suggests."""
MIN_SIMILARITY = 0.65
"""Similarity, from 0 to 1, of a name that a message suggests."""


def find_function(asked: str, functions: Sequence[str]) -> str:
    """Return the function with this name, or the only one that starts with it. Raises UsageError."""
    found = [asked] if asked in functions else [function for function in functions if function.startswith(asked)]
    if len(found) == 1:
        return found[0]
    nearest = found or difflib.get_close_matches(asked, functions, MAX_SUGGESTIONS, MIN_SIMILARITY)
    if not nearest:
        known = ", ".join(functions)
        raise UsageError("No such function in these results: {asked}. Known: {known}", asked=asked, known=known)
    raise UsageError(
        "No such function in these results: {asked}. Did you mean {near}?", asked=asked, near=", ".join(nearest)
    )
