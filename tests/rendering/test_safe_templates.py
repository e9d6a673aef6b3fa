"""Compiled templates are kept beside Python's compiled modules, and compiled anew when a template has changed."""

import sys

import pytest

from grader.rendering import safe_templates
from grader.rendering.safe_templates import templates


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package with one template, in a folder to which safe_templates may write its compiled templates."""
    (tmp_path / "shown" / "templates").mkdir(parents=True)
    (tmp_path / "shown" / "__init__.py").touch()
    (tmp_path / "shown" / "templates" / "hello.html").write_text("hello {{ name }}")
    (tmp_path / "__pycache__").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(safe_templates, "__file__", str(tmp_path / "safe_templates.py"))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    yield tmp_path
    sys.modules.pop("shown", None)


def render(**values):
    templates.cache_clear()
    return templates("shown", "en").get_template("hello.html").render(**values)


def compiled(package):
    return {file.name: file.stat().st_mtime_ns for file in (package / "__pycache__").iterdir()}


def test_a_template_is_compiled_once(package):
    assert render(name="Ada") == "hello Ada"
    first = compiled(package)
    assert len(first) == 1
    assert render(name="<b>") == "hello &lt;b&gt;" and compiled(package) == first


def test_a_changed_template_is_compiled_again(package):
    render(name="Ada")
    (package / "shown" / "templates" / "hello.html").write_text("good day {{ name }}")
    assert render(name="Ada") == "good day Ada"


def test_without_a_folder_to_write_to_or_with_dont_write_bytecode_nothing_is_written(package, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert render(name="Ada") == "hello Ada" and not compiled(package)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    (package / "__pycache__").rmdir()
    assert render(name="Ada") == "hello Ada" and not (package / "__pycache__").exists()
