"""The words that the glossary of ARCHITECTURE.md rules out are nowhere in the project."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tools import TESTS

ROOT = TESTS.parent

NAMES = {
    "beside": "attachments",
    "company": "a worker, a zygote, its child processes",
    "desk": "self-check",
    "judgement": "verdict",
    "judgements": "verdicts",
    "kept": "say what is kept: journal, record, attachments",
    "met": "satisfied, matched",
    "shelf": "exercise files",
    "shelves": "exercise files",
    "task": "exercise or function; a check to run",
    "tasks": "exercises or functions; checks to run",
    "tip": "hint",
    "told": "say who reads what: policy, options, message",
    "wall": "sandbox, protection",
    "walled": "sandboxed",
    "walls": "sandbox, protections",
    "whoever": "name the role",
    "yardstick": "reference",
    "yardsticks": "references",
}
"""Parts of identifiers and file names that are ruled out, with the word to use."""

PHRASES = {
    r"\byardsticks?\b": "reference",
    r"\bhanded in nothing\b": "missing submission",
    r"\bnothing (was )?handed in\b(?! \()": "missing submission",
    r"\bneeds? a human\b|\basks? (for )?a human\b": "needs review",
    r"\bby a human\b|\ba human (must|has|should)\b": "needs review; a person must look",
    r"\bthe last word\b|\bwhat counts\b": "score, final result, override",
    r"\bwalls?\b(?! (time|clock))": "sandbox, sandbox level, protection",
    r"\btook its worker with it\b": "crashed its worker process",
    r"\bgo(es|ing)? on where (it|an earlier run.*) stopped\b": "resume",
    r"\bjudged before\b": "unchanged",
    r"\bmade from\b": "cache key",
    r"\bjudge?ments?\b": "verdict",
    r"\bjudge[ds]?\b|\bjudging\b": "grade, decide; ungraded",
    r"\bmistakes? (that )?(lives?|dies?)\b|\balternatives? (that )?lives?\b|\b(lives|dies) with\b": "accepted, caught",
    r"\bwhat a teacher decides\b": "policy",
    r"\bwhoever\b|\bwhatever somebody\b|\bof (her|his) own\b|\b(she|her|hers|herself)\b": "they; or the role",
    r"\bstands? (beside|by itself|for it)\b": "say who does what",
    r"\bstands? (first|last|in|on|above|below|between|under)\b|\bwhat stood\b": "say what is where",
    r"\bis told\b|\bare told\b": "say who reads what",
    r"\bleaves? no function of that name behind\b": "does not define",
    r"\btips?\b": "hint",
}
"""Patterns of ruled-out phrases in texts, with the word to use."""

ALLOWED = {
    ("grader/exports/targets/github.py", "task"): "`task_id` is a key of GitHub Classroom's format",
    ("grader/exports/targets/junit.py", "needs a human"): "a property of junit.xml that other programs read",
    ("grader/reports/terminal.py", "task"): "rich calls the line of a progress bar so",
}
"""(file below the root, the word or phrase found) -> why it is allowed there."""

DOCUMENTS = ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "Makefile", "pyproject.toml", "docs/**/*.md")
"""What people read outside of grader/ and tests/. Left out are documents in Chinese, since the phrases are English, and
pages of the site that are generated."""

GLOSSARY = re.compile(r"^## Glossary\n.*?(?=^## )", re.MULTILINE | re.DOTALL)
"""The section of ARCHITECTURE.md that lists the words that are ruled out."""

LEFT_OUT = (
    *("tests/attacks/", "tests/hidden/", "tests/miniature_course/", "tests/record/", "tests/test_glossary.py"),
    *("tests/diagnosis/open_set/", "tests/diagnosis/held_back_set/"),
)
"""Texts of exercises, hostile files and wrong answers; other tests check those of exercises."""


def documents() -> list[Path]:
    """Return the documents in English, and the files of the build whose comments people read."""
    found = [path for pattern in DOCUMENTS for path in ROOT.glob(pattern)]
    written = [path for path in found if not {"generated", "_build"} & {*path.parts}]
    return sorted(path for path in written if not path.name.endswith(".zh.md"))


def files(*patterns: str) -> list[Path]:
    """Return the project's files of these kinds."""
    found = [path for pattern in patterns for folder in ("grader", "tests") for path in (ROOT / folder).rglob(pattern)]
    return sorted(path for path in found if not path.relative_to(ROOT).as_posix().startswith(LEFT_OUT))


def identifiers(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield every name that the file itself defines, with its line."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield node.lineno, name
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield node.lineno, name


def words_of(name: str) -> list[str]:
    """Return the words in an identifier: "kept_beside" and "KeptBeside" are both kept, beside."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the texts of a file that people read, with their lines.

    These are the strings and comments of a Python file, the comments of a build file, and the whole text of any other
    file, without the glossary.
    """
    source = GLOSSARY.sub(lambda section: "\n" * section[0].count("\n"), path.read_text("utf-8"))
    if path.name == "Makefile" or path.suffix == ".toml":
        source = "\n".join(line.partition("#")[2] for line in source.splitlines())
    if path.suffix == ".po":
        source = "\n".join("" if line.startswith("#") else line for line in source.splitlines())
    if path.suffix != ".py":
        yield from enumerate(source.splitlines(), 1)
        return
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in (tokenize.STRING, tokenize.COMMENT):
            yield token.start[0], token.string


def complaints(path: Path) -> Iterator[str]:
    """Yield each ruled-out word in a file, with its line and the word to use."""
    place = path.relative_to(ROOT).as_posix()
    found = [(0, word, NAMES[word]) for word in words_of(path.stem) if word in NAMES]
    if path.suffix == ".py":
        names = identifiers(ast.parse(path.read_text("utf-8")))
        found += [(line, word, NAMES[word]) for line, name in names for word in words_of(name) if word in NAMES]
    for line, text in texts(path):
        for pattern, better in PHRASES.items():
            found += [(line, hit.group(0), better) for hit in re.finditer(pattern, text, re.IGNORECASE)]
    for line, word, better in found:
        if (place, word.lower()) not in ALLOWED:
            yield f"{place}:{line}: {word!r}; say: {better}"


def test_the_search_leaves_out_only_the_section_of_the_glossary():
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    (section,) = GLOSSARY.findall(text)
    assert "| word | is | not |" in section and section.count("## ") == 1
    shown = list(texts(ROOT / "ARCHITECTURE.md"))
    assert len(shown) == len(text.splitlines()) and not any("yardstick" in line for _, line in shown)


def test_the_documents_are_found():
    names = {path.relative_to(ROOT).as_posix() for path in documents()}
    assert {"README.md", "ARCHITECTURE.md", "Makefile", "docs/reference/policy.md"} <= names
    assert "docs/guides/student.zh.md" not in names


@pytest.mark.parametrize(
    "path", [*files("*.py", "*.html", "*.js", "*.po", "*.md", "*.txt"), *documents()], ids=lambda path: path.name
)
def test_no_file_uses_a_word_that_the_glossary_rules_out(path):
    assert not list(complaints(path))


def test_every_exception_is_still_needed():
    for place, word in ALLOWED:
        text = (ROOT / place).read_text("utf-8").lower()
        assert word in text, f"{place} holds no {word!r} any more: remove the exception"
