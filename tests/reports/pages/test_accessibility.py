"""Both pages meet the rules of axe-core for WCAG 2.2 AA, in light, dark, print and on a phone."""

import pytest

from tests import browser as chromium
from tests.accessibility import violations
from tests.tools import REQUIRED


def test_axe_finds_nothing_on_the_class_page(browser, varied):
    assert violations(browser, varied.folder / "index.html") == []


def test_axe_finds_nothing_on_the_page_of_a_student_with_all_kinds_of_results(browser, varied):
    pages = {path: path.read_text("utf-8") for path in (varied.folder / "students").iterdir()}
    chosen = next(path for path, text in sorted(pages.items()) if "<svg" in text and "partly right" in text)
    assert violations(browser, chosen) == []


def test_axe_finds_a_fault_that_is_put_into_the_page(browser, varied, tmp_path):
    page = (varied.folder / "index.html").read_text("utf-8")
    broken = tmp_path / "index.html"
    broken.write_text(
        page.replace("--quiet: #57606a", "--quiet: #d0d0d0").replace('<html lang="en">', "<html>"), "utf-8"
    )
    found = "\n".join(violations(browser, broken))
    assert "html-has-lang" in found and "(light): color-contrast" in found


@pytest.mark.parametrize(("required", "outcome"), [("", pytest.skip.Exception), ("1", pytest.fail.Exception)])
def test_without_a_browser_a_test_is_skipped_and_fails_where_one_is_required(monkeypatch, required, outcome):
    monkeypatch.setenv(REQUIRED, required)
    monkeypatch.setenv("PATH", "")
    with pytest.raises((pytest.skip.Exception, pytest.fail.Exception), match="no chromium") as caught:
        chromium.start("")
    assert caught.type is outcome
