"""Build steps that pyproject.toml cannot declare: a wheel also holds the public experiments and goldens of exercises/.

They are in grader/handout/, so that `check(f)` works in a notebook without a clone. Solutions, mistakes and hidden
checks are never in it. The package index shows README.md, with absolute links.
"""

import re
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HANDOUT = "grader/handout"
"""Where the installed package looks for them (grader/core/package_paths.py; torch need not be there to build)."""

CARRIED = ("exercises/test_*.py", "exercises/golden/*.json")

REPOSITORY = "https://github.com/autograded/autograded"
RELATIVE_LINK = re.compile(r"(!?)(\[[^\]]*\])\((?!https?:|#)([^)\s]+)\)")
"""A link or picture of a Markdown text whose target is a file of the repository."""

RELATIVE_IMAGE = re.compile(r'(?<=<img src=")(?!https?:)')
"""The place before the path of an image that a Markdown text shows with HTML."""


def readme_for_package_index():
    """Return README.md with absolute links: a package index has none of the files that it links to."""

    def absolute(link):
        picture, text, target = link.groups()
        return f"{picture}{text}({REPOSITORY}/{'raw' if picture else 'blob'}/main/{target})"

    text = RELATIVE_LINK.sub(absolute, Path("README.md").read_text("utf-8"))
    return RELATIVE_IMAGE.sub(f"{REPOSITORY}/raw/main/", text)


class BuildWithCourse(build_py):
    """Copies what a learner's self-check needs beside the package."""

    def run(self):
        """Build as usual, then copy; a package that is used from its source finds the files where they are."""
        super().run()
        if not self.editable_mode:
            for source, target in self._carried().items():
                self.mkpath(str(Path(target).parent))
                self.copy_file(source, target)

    def get_outputs(self, include_bytecode=True):
        """What a build makes."""
        carried = [] if self.editable_mode else list(self._carried().values())
        return super().get_outputs(include_bytecode) + carried

    def get_source_files(self):
        """What a source distribution needs."""
        return super().get_source_files() + list(self._carried())

    def _carried(self):
        found = [path for pattern in CARRIED for path in sorted(Path().glob(pattern))]
        return {str(path): str(Path(self.build_lib, HANDOUT, path)) for path in found}


setup(
    cmdclass={"build_py": BuildWithCourse},
    long_description=readme_for_package_index(),
    long_description_content_type="text/markdown",
)
