"""Compare the signature of a learner's function with its signature in the hand-out."""

from __future__ import annotations

import ast


def signatures_differ(yours: str, expected: str) -> bool:
    """Return True if checks written for `expected` cannot call `yours`: names or kinds of parameters differ.

    Different annotations and additional optional parameters are allowed. Each signature is a `def` line without the
    colon.
    """
    mine, original = _arguments(yours), _arguments(expected)
    if mine is None or original is None or mine.vararg or mine.kwarg:
        return False  # not comparable: an alias has no `def` line; *args and **kwargs accept all calls
    names = [argument.arg for argument in (*mine.posonlyargs, *mine.args)]
    wanted = [argument.arg for argument in (*original.posonlyargs, *original.args)]
    added = len(names) - len(wanted)
    if names[: len(wanted)] != wanted or len(mine.defaults) < len(original.defaults) + added:
        return True
    keywords = {argument.arg: default for argument, default in zip(mine.kwonlyargs, mine.kw_defaults, strict=True)}
    known = {argument.arg for argument in original.kwonlyargs}
    return not known <= keywords.keys() or any(d is None for name, d in keywords.items() if name not in known)


def _arguments(signature: str) -> ast.arguments | None:
    try:
        node = ast.parse(f"{signature}: ...").body[0]
    except (SyntaxError, IndexError):
        return None
    return node.args if isinstance(node, ast.FunctionDef) else None
