"""Find the function that a person names, by its name or a part of it."""

from __future__ import annotations

from collections.abc import Collection

from grader.core.errors import UsageError, nearest_names


def resolve_function(name: str, functions: Collection[str]) -> str:
    """Return the function with this name; else the only function whose name begins with it, or contains it.

    A part of a name may be in upper or lower case. Raises UsageError if several functions contain the part, and lists
    these functions; if no function does, the error lists similar names.
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
            "Several functions have {name} in their names: {all}. Type more of the name",
            name=name,
            all=", ".join(containing),
        )
    raise UsageError("{name}: no such function", name=name).suggest(nearest_names(name, functions), [*functions])
