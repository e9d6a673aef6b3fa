"""Settings of the site of the documents, which Sphinx builds: `make docs`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

DOCS = Path(__file__).resolve().parent
sys.path[:0] = [str(DOCS), str(DOCS.parent)]

import reference_pages  # noqa: E402  (found by the line above)

from grader import __version__  # noqa: E402

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "autograded"
copyright = "2026, the autograded authors"
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinxcontrib.typer"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "tasklist"]
myst_heading_anchors = 3
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_title = f"autograded {release}"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
default_role = "code"


def setup(app: Sphinx) -> None:
    """Write the generated pages before Sphinx looks for pages."""
    app.connect("config-inited", lambda *_: reference_pages.write(DOCS / "reference" / "generated"))
