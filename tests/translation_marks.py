"""Marks in the Chinese documents, which show whether the English text has changed since the translation.

    python -m tests.translation_marks

A mark is a comment at the end of a Chinese document, with a checksum of each section of the English document.
`test_translated_documents` compares the checksums with the English text. After you have updated a Chinese document, run
this program (`make translation-marks`), which renews the mark. A section begins at a heading. Line breaks in it do not
change its checksum.
"""

from __future__ import annotations

import hashlib
import re
import sys
from pathlib import Path

from tests.document_blocks import BLOCK

ROOT = Path(__file__).parents[1]
MARK = re.compile(
    r"\n<!-- translated from (?P<source>\S+), renewed by `make translation-marks`:\n(?P<lines>.*?)-->\n\Z", re.DOTALL
)
HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
DIGITS = 10
"""Number of digits of a checksum in a mark."""


def translated_documents() -> list[Path]:
    """Return the Chinese documents that have an English source: NAME.zh.md next to NAME.md."""
    found = [*ROOT.glob("*.zh.md"), *(ROOT / "docs").glob("**/*.zh.md")]
    return sorted(path for path in found if "_build" not in path.parts)


def source_of(translation: Path) -> Path:
    """Return the English document that a Chinese one was translated from."""
    return translation.with_name(translation.name.replace(".zh.md", ".md"))


def checksums(text: str) -> dict[str, str]:
    """Return the checksum of each section of a document, by the heading of the section.

    The text before the first heading belongs to the first section.
    """
    outside = BLOCK.sub(lambda block: re.sub(r"[^\n]", "x", block[0]), text)  # `# ...` in a block is not a heading
    starts = [match.start() for match in HEADING.finditer(outside)]
    ends = [*starts[1:], len(text)]
    found: dict[str, str] = {}
    for start, end in zip([0, *starts[1:]], ends, strict=True):
        heading = HEADING.search(text, start)
        assert heading, "a document begins with a heading"
        words = " ".join(text[start:end].split())
        assert heading[1] not in found, f"two sections have the heading {heading[1]!r}"
        found[heading[1]] = hashlib.sha256(words.encode()).hexdigest()[:DIGITS]
    return found


def read_mark(translation: Path) -> dict[str, str] | None:
    """Return the checksums in the mark of a Chinese document, by heading; None if it has no mark for its source."""
    mark = MARK.search(translation.read_text("utf-8"))
    if mark is None or mark["source"] != source_of(translation).name:
        return None
    lines = [line.split(" ", 1) for line in mark["lines"].splitlines()]
    return {heading: checksum for checksum, heading in lines}


def stale_sections(translation: Path) -> list[str]:
    """Return a line for each section that was changed, added or removed in the English source since the last mark."""
    mark, now = read_mark(translation), checksums(source_of(translation).read_text("utf-8"))
    if mark is None:
        return ["it has no mark of the English text"]
    changed = [f"changed: {heading}" for heading, checksum in now.items() if mark.get(heading, checksum) != checksum]
    new = [f"new: {heading}" for heading in now if heading not in mark]
    return changed + new + [f"removed: {heading}" for heading in mark if heading not in now]


def renew(translation: Path) -> bool:
    """Write the mark of the current English text into a Chinese document; return whether the document changed."""
    source = source_of(translation)
    text = translation.read_text("utf-8")
    lines = "".join(f"{checksum} {heading}\n" for heading, checksum in checksums(source.read_text("utf-8")).items())
    body = MARK.sub("", text).rstrip("\n")
    renewed = f"{body}\n\n<!-- translated from {source.name}, renewed by `make translation-marks`:\n{lines}-->\n"
    translation.write_text(renewed, "utf-8")
    return renewed != text


def main() -> None:
    """Renew the marks of all Chinese documents, and print the documents that changed."""
    for translation in translated_documents():
        if renew(translation):
            sys.stdout.write(f"renewed: {translation.relative_to(ROOT).as_posix()}\n")


if __name__ == "__main__":
    main()
