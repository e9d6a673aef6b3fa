"""Find the fenced blocks of the documents, which show commands, files and output."""

import re

from tests.tools import ROOT

BLOCK = re.compile(r"^( *)(`{3,})(\w*)[ ]?(\S*)\n(.*?)^ *\2[ ]*$", re.MULTILINE | re.DOTALL)
NUMBERS = re.compile(r"\d[\d.]*|_{3,}|={3,}")


def read(name):
    """Return the text of a document; `name` is its path from the root of the project."""
    return (ROOT / name).read_text("utf-8")


def blocks(name):
    """Return the fenced blocks of a document, each as (language, file name, text)."""
    return blocks_in(read(name))


def blocks_in(text):
    """Return the fenced blocks of a text, each as (language, file name, text), without the indentation of a list."""
    found = []
    for indent, _, language, file, content in BLOCK.findall(text):
        found.append((language, file, re.sub(f"^{indent}", "", content, flags=re.MULTILINE)))
    return found


def commands_of(block):
    """Return the commands of a console block, without comments."""
    lines = (re.sub(r"(^|\s+)#.*", "", line).strip() for line in block.splitlines())
    return [line for line in lines if line]


def plain(line):
    """Return a line of output with placeholders for the parts that differ from run to run: numbers, level, widths."""
    return " ".join(re.sub(r"sandbox: \w+", "sandbox:", NUMBERS.sub("#", line)).split())
