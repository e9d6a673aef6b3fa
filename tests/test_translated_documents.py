"""A Chinese document is not older than its English source."""

import pytest

from tests import translation_marks
from tests.tools import ROOT
from tests.translation_marks import checksums, renew, source_of, stale_sections, translated_documents

ENGLISH = (
    "# Guide\n\nFirst words.\n\n```console\ngrader  # no heading\n# no heading, too\n```\n\n"
    "## One\n\nA\nb.\n\n## Two\n\nC.\n"
)


@pytest.mark.parametrize("document", translated_documents(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_chinese_document_is_as_new_as_its_english_source(document):
    assert source_of(document).is_file()
    stale = stale_sections(document)
    name, source = (path.relative_to(ROOT).as_posix() for path in (document, source_of(document)))
    assert not stale, (
        f"{name} is older than {source}. Sections of {source}:\n  "
        + "\n  ".join(stale)
        + f"\nBring {name} up to date with them, then run `make translation-marks` and commit the mark."
    )


def test_the_chinese_documents_are_found():
    found = {path.relative_to(ROOT).as_posix() for path in translated_documents()}
    assert found >= {"README.zh.md", "docs/guides/student.zh.md", "docs/guides/instructor.zh.md"}


@pytest.fixture
def chinese(tmp_path, monkeypatch):
    """A Chinese document with the mark of ENGLISH."""
    (tmp_path / "guide.md").write_text(ENGLISH, "utf-8")
    document = tmp_path / "guide.zh.md"
    document.write_text("# 指南\n", "utf-8")
    monkeypatch.setattr(translation_marks, "ROOT", tmp_path)
    assert stale_sections(document) == ["it has no mark of the English text"]
    assert translated_documents() == [document] and renew(document)
    return document


def test_a_mark_is_renewed_once_and_keeps_the_text(chinese):
    assert not renew(chinese)
    assert chinese.read_text("utf-8").startswith("# 指南\n\n<!-- translated from guide.md")
    assert stale_sections(chinese) == []


@pytest.mark.parametrize(
    ("old", "new", "stale"),
    [
        ("C.", "D.", ["changed: Two"]),
        ("First words", "Other words", ["changed: Guide"]),
        ("grader  #", "grader progress  #", ["changed: Guide"]),
        ("## Two", "## Three", ["new: Three", "removed: Two"]),
        ("A\nb.", "A b.", []),
    ],
)
def test_the_sections_that_changed_are_named(chinese, old, new, stale):
    source_of(chinese).write_text(ENGLISH.replace(old, new), "utf-8")
    assert stale_sections(chinese) == stale


def test_a_comment_in_a_block_of_commands_begins_no_section():
    assert [*checksums(ENGLISH)] == ["Guide", "One", "Two"]
