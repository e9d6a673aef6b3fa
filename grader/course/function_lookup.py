"""Find the function that a person names, by its name or a part of it."""

from __future__ import annotations

from collections.abc import Collection

from grader.core.errors import UsageError, nearest_names


def resolve_function(name: str, functions: Collection[str]) -> str:
    """Return the function with this name, the only one that begins with it, or the only one that contains it.

    Upper and lower case are the same in a part of a name. Raises UsageError with the functions that fit, if there are
    several, and with similar names if there are none.
    """
    if name in functions:
        return name
    part = name.lower()
    containing = [function for function in functions if part in function.lower()] if name else []
    for fitting in ([function for function in containing if function.lower().startswith(part)], containing):
        if len(fitting) == 1:
            return fitting[0]
    if containing:
        raise UsageError(
            "{name}: several functions have this in their name: {all}", name=name, all=", ".join(containing)
        )
    raise UsageError("{name}: no such function", name=name).suggest(nearest_names(name, functions), [*functions])
