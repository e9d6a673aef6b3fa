"""What pyproject.toml cannot say: a wheel also carries the public experiments and the goldens of exercises/.

They lie in grader/handout/, so that `check(f)` works in a notebook without a clone. Solutions, mistakes and hidden
checks are never in it.
"""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HANDOUT = "grader/handout"
"""Where the installed package looks for them (grader/core/package_paths.py; torch need not be there to build)."""

CARRIED = ("exercises/test_*.py", "exercises/golden/*.json")


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


setup(cmdclass={"build_py": BuildWithCourse})
