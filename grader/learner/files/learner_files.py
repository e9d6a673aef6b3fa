"""Read a learner's own files, and choose the files that a worker needs to run a function."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from grader.core.reasons import Reason, UnreadableError
from grader.core.source_encoding import encoding_remark, is_plain
from grader.execution.guest.student_code.source_file import SourceFile
from grader.learner.files.function_locations import NOTEBOOK, FunctionLocation, defines_any, locate_functions
from grader.submissions.file_reading import find_source_files, read_file, why_unreadable
from grader.submissions.size_limits import MAX_FILES


@dataclass(frozen=True)
class LearnerFiles:
    """A learner's files at one moment.

    contents: bytes of each file by path.
    locations: location of each function of the exercises.
    unreadable: for each file that could not be read, the reason, which names the file.
    remarks: remarks on files that are not UTF-8.
    """

    contents: Mapping[str, bytes]
    locations: Mapping[str, FunctionLocation]
    unreadable: tuple[Reason, ...] = ()
    remarks: tuple[Reason, ...] = ()

    def group(self, functions: Sequence[str]) -> Iterator[tuple[tuple[tuple[str, bytes], ...], list[str]]]:
        """Yield groups of functions that can run in one process, each with the files it needs as (path, bytes).

        All functions that are defined in Python files form one group, with all Python files. The functions of each
        notebook form a group, with the notebook and the Python files that define none of these functions.
        """
        by_notebook: dict[str, list[str]] = {}
        for function in functions:
            file = self.locations[function].file
            by_notebook.setdefault(file if file.endswith(NOTEBOOK) else "", []).append(function)
        python = {path: content for path, content in self.contents.items() if not path.endswith(NOTEBOOK)}
        for notebook, members in by_notebook.items():
            if not notebook:
                yield tuple(python.items()), members
                continue
            helpers = [(path, data) for path, data in python.items() if not defines_any(path, data, members)]
            yield ((notebook, self.contents[notebook]), *helpers), members


def read_learner_files(folder: Path, selected: Sequence[Path], module_of: Mapping[str, str]) -> LearnerFiles:
    """Read the `selected` files, or, if none is selected, all files below `folder` except tests.

    `module_of` maps each function of the exercises to the module (stub file without .py) that it belongs in.
    """
    contents: dict[str, bytes] = {}
    saved_at: dict[str, float] = {}
    unreadable: list[Reason] = []
    for path in selected or [folder / name for name in find_source_files(folder)][:MAX_FILES]:
        if not selected and path.name.startswith(("test_", "conftest")):
            continue
        try:
            contents[str(path)], saved_at[str(path)] = read_file(path), path.stat().st_mtime
        except FileNotFoundError:
            continue  # an editor is replacing the file, or the learner removed it: `watch` gets another event
        except (OSError, ValueError) as error:
            unreadable.append(why_unreadable(error).about(path.name))
    remarks = tuple(encoding_remarks({Path(path).name: data for path, data in contents.items()}))
    return LearnerFiles(contents, locate_functions(contents, saved_at, module_of), tuple(unreadable), remarks)


def encoding_remarks(files: Mapping[str, bytes]) -> Iterator[Reason]:
    """Yield a remark for each file that can be read but is not UTF-8. `files` maps names of files to their bytes."""
    for name, data in files.items():
        with suppress(UnreadableError):
            if not is_plain(data) and (remark := encoding_remark(name, data, SourceFile(name, data).decoded.encoding)):
                yield remark
