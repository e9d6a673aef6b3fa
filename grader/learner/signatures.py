"""Whether a learner's function can still be called as it was handed out."""

from __future__ import annotations

import ast


def other_signature(yours: str, expected: str) -> bool:
    """Whether the names, kinds or number of the parameters differ; annotations may, and what is added optionally."""
    mine, handed_out = _arguments(yours), _arguments(expected)
    if mine is None or handed_out is None or mine.vararg or mine.kwarg:
        return False  # no `def`, such as an alias, or one that takes anything
    names = [argument.arg for argument in (*mine.posonlyargs, *mine.args)]
    wanted = [argument.arg for argument in (*handed_out.posonlyargs, *handed_out.args)]
    more = len(names) - len(wanted)
    if names[: len(wanted)] != wanted or len(mine.defaults) < len(handed_out.defaults) + more:
        return True
    keywords = {argument.arg: default for argument, default in zip(mine.kwonlyargs, mine.kw_defaults, strict=True)}
    known = {argument.arg for argument in handed_out.kwonlyargs}
    return not known <= keywords.keys() or any(d is None for name, d in keywords.items() if name not in known)


def _arguments(signature: str) -> ast.arguments | None:
    try:
        node = ast.parse(f"{signature}: ...").body[0]
    except (SyntaxError, IndexError):
        return None
    return node.args if isinstance(node, ast.FunctionDef) else None
