"""Capture pages of the documentation site, so that a person can look at them.

    python -m tests.site_captures SITE OUT

SITE is the folder of the built site. The folder OUT gets pictures in a wide window, in dark colors, on a phone, and in
Chinese. `make site-captures` builds the site and runs this.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.browser import start
from tests.page_captures import take_picture

PAGES = {
    "index": "index.html",
    "index.zh": "index.zh.html",
    "tutorial": "tutorials/instructor.html",
    "guide": "guides/instructor.html",
    "guide.zh": "guides/instructor.zh.html",
    "exercise": "reference/generated/exercises/ex1_losses.html",
    "tables": "reference/limits.html",
}
"""Pages with each kind of content: start pages, a tutorial, a guide, a generated page, and wide tables."""

LOOKS = {
    "wide": {"width": 1280, "scheme": "light"},
    "dark": {"width": 1280, "scheme": "dark"},
    "phone": {"width": 360, "scheme": "light"},
}


def capture_site(site: Path, out: Path) -> list[str]:
    """Write a picture of each page in each of LOOKS; return the pictures whose page is wider than the window."""
    out.mkdir(parents=True, exist_ok=True)
    too_wide = []
    with tempfile.TemporaryDirectory() as profile:
        driver = start(Path(profile))
        try:
            for name, page in PAGES.items():
                for look, options in LOOKS.items():
                    take_picture(driver, site / page, out / f"{name}.{look}.png", "class", **options)
                    if driver.execute_script("return document.documentElement.scrollWidth") > options["width"]:
                        too_wide.append(f"{name}.{look}")
        finally:
            driver.quit()
    return too_wide


def main() -> None:
    """Write the pictures into the folder OUT, and print the pages that are too wide."""
    too_wide = capture_site(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
    for name in too_wide:
        sys.stdout.write(f"wider than the window: {name}\n")


if __name__ == "__main__":
    main()
