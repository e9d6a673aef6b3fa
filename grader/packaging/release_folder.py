"""Write a release into a folder, and update it later. Files that someone added or changed are never overwritten."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from grader.core.errors import DAMAGED, UsageError
from grader.core.files.atomic_files import write_atomically
from grader.core.visible_text import join_names

MANIFEST = ".autograded.json"
"""Name of the file, in the folder of a release, that lists the written files with their hashes."""


class Manifest(msgspec.Struct):
    """The content of the file MANIFEST, which is JSON.

    kind: the kind of release.
    files: the SHA-256 of each written file, by its path in the folder.
    seed: the seed of an nbgrader course.
    """

    kind: str
    files: dict[str, str] = {}
    seed: int | None = None


@dataclass(frozen=True)
class ReleaseChanges:
    """The paths of the files that a release wrote, left unchanged, and removed."""

    written: list[str]
    unchanged: list[str]
    removed: list[str]


def read_manifest(folder: Path, kind: str) -> Manifest:
    """Return the manifest of the earlier release into a folder; an empty one if there was no release.

    Raises UsageError if the manifest cannot be read, or if the earlier release was of another kind.
    """
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except FileNotFoundError:
        return Manifest(kind)
    except (OSError, *DAMAGED) as error:
        raise UsageError(
            "{file} cannot be read ({error}). Choose a new folder", file=folder / MANIFEST, error=error
        ) from None
    if manifest.kind != kind:
        raise UsageError("{folder} holds another kind of release. Choose a new folder", folder=folder)
    return manifest


def update_release(folder: Path, files: Mapping[str, bytes], manifest: Manifest) -> ReleaseChanges:
    """Write `files`, which maps paths in the folder to contents. Remove other files that the earlier release wrote.

    `manifest` is the manifest of the earlier release. Raises UsageError, before anything is written, if this would
    overwrite or remove a file that no release wrote, or that was changed since.
    """
    _refuse_foreign(folder, files, manifest)
    changes = ReleaseChanges([], [], [])
    for path, content in files.items():
        if manifest.files.get(path) == _hash(content) and (folder / path).is_file():
            changes.unchanged.append(path)
            continue
        write_atomically(folder / path, content)
        changes.written.append(path)
    for path in manifest.files.keys() - files.keys():
        (folder / path).unlink(missing_ok=True)
        changes.removed.append(path)
        with contextlib.suppress(OSError):  # rmdir refuses a folder that is not empty
            (folder / path).parent.rmdir()
    new = Manifest(manifest.kind, {path: _hash(content) for path, content in sorted(files.items())}, manifest.seed)
    write_atomically(folder / MANIFEST, msgspec.json.format(msgspec.json.encode(new), indent=1) + b"\n")
    return changes


def _refuse_foreign(folder: Path, files: Mapping[str, bytes], manifest: Manifest) -> None:
    if folder.exists() and not folder.is_dir():
        raise UsageError("{folder} is not a folder. Choose a new or an empty one", folder=folder)
    foreign = [path for path in {**manifest.files, **files} if not _is_ours(folder / path, manifest.files.get(path))]
    foreign = [path for path in foreign if path not in files or _bytes(folder / path) != files[path]]
    if foreign:
        raise UsageError(
            "{folder}: the release would overwrite or remove files that no release wrote, or that were changed later: "
            "{names}. Move these files to another place, or choose another folder",
            folder=folder,
            names=join_names(sorted(foreign)),
        )


def _is_ours(path: Path, known: str | None) -> bool:
    """Return whether a release may overwrite the file: it does not exist, or is unchanged since a release wrote it.

    `known` is the hash of the file that a release wrote; None if no release wrote it.
    """
    if not path.exists() and not path.is_symlink():
        return True
    return known is not None and (data := _bytes(path)) is not None and _hash(data) == known


def _bytes(path: Path) -> bytes | None:
    """Return the bytes of a regular file; None for a folder, a link, or a missing file."""
    return path.read_bytes() if path.is_file() and not path.is_symlink() else None


def _hash(data: bytes) -> str:
    return sha256(data).hexdigest()
