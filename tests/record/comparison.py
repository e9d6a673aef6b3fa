"""Compare two records file by file, and show the lines that differ."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

FILES_SHOWN = 25
LINES_SHOWN = 30
"""Maximum number of lines that are shown of the difference of one file."""
WIDTH = 200
"""Maximum number of characters that are shown of a line. Of a longer line, the part with the first difference is shown.
"""


def compare(before: Path, after: Path, only: Collection[str] = ()) -> tuple[list[str], bool]:
    """Return the lines of a report, and whether the records are equal. `only` limits both to some scenarios."""
    old, new = _texts(before, only), _texts(after, only)
    different = [path for path in sorted(old | new) if old.get(path) != new.get(path)]
    report = []
    for path in different[:FILES_SHOWN]:
        report += _difference(path, old.get(path), new.get(path))
    if more := different[FILES_SHOWN:]:
        report += ["", f"{len(more)} more files differ:", *more]
    if not old or not new:
        return [*report, f"No record found in {before if not old else after}"], False
    summary = f"{len(old | new)} files compared, {len(different)} differ"
    return [*report, "" if different else "records are equal", summary], not different


def _texts(folder: Path, only: Collection[str]) -> dict[str, str]:
    """Return the texts of the files of a record, by path, with unchanged line ends."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes().decode("utf-8")
        for path in folder.rglob("*")
        if path.is_file() and (not only or path.relative_to(folder).parts[0] in only)
    }


def _difference(path: str, old: str | None, new: str | None) -> list[str]:
    """Return the unified diff of one file, or a line that says which record alone has the file."""
    if old is None or new is None:
        return [
            "",
            f"{'+++' if old is None else '---'} {path}: only in the {'second' if old is None else 'first'} record",
        ]
    lines = list(_changed(old.splitlines(True), new.splitlines(True)))
    more = [f"... {len(lines) - LINES_SHOWN} more lines"] if len(lines) > LINES_SHOWN else []
    return ["", f"--- {path}", f"+++ {path}", *lines[:LINES_SHOWN], *more]


def _changed(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    """Yield the lines of a unified diff with one line of context. Long lines are cut around their first difference."""
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for group in matcher.get_grouped_opcodes(1):
        yield f"@@ -{group[0][1] + 1},{group[-1][2] - group[0][1]} +{group[0][3] + 1},{group[-1][4] - group[0][3]} @@"
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                yield from (f" {_clipped(line, 0)}" for line in old[i1:i2])
                continue
            removed, added = old[i1:i2], new[j1:j2]
            starts = [_first_difference(a, b) for a, b in zip(removed, added, strict=False)]
            starts += [0] * max(len(removed), len(added))
            yield from (f"-{_clipped(line, start)}" for line, start in zip(removed, starts, strict=False))
            yield from (f"+{_clipped(line, start)}" for line, start in zip(added, starts, strict=False))


def _first_difference(a: str, b: str) -> int:
    """Return the index of the first character that differs between two lines."""
    shared = zip(a, b, strict=False)
    return next((index for index, (x, y) in enumerate(shared) if x != y), min(len(a), len(b)))


def _clipped(line: str, start: int) -> str:
    """Return a line, cut to WIDTH characters around `start`. A carriage return at its end is made visible."""
    text = line.removesuffix("\n")
    text = text.removesuffix("\r") + "\\r" if text.endswith("\r") else text
    if len(text) <= WIDTH:
        return text
    first = max(0, min(start - WIDTH // 4, len(text) - WIDTH))
    return f"{'…' if first else ''}{text[first : first + WIDTH]}{'…' if first + WIDTH < len(text) else ''}"
