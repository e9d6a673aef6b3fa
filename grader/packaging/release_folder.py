"""Write a released folder, and write it again later: what others put there, or changed, is never overwritten."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from grader.core.atomic_files import write_atomically
from grader.core.errors import UsageError

MANIFEST = ".autograded.json"
"""Says which files of a released folder are ours, and what was in them."""

SHOWN = 5
"""Files that a complaint names."""


class Manifest(msgspec.Struct):
    """The JSON of MANIFEST: what kind of folder it is, the hash of each file, the seed of an nbgrader course."""

    kind: str
    files: dict[str, str] = {}
    seed: int | None = None


@dataclass(frozen=True)
class Written:
    """What a release did: the files it wrote, left as they were, and removed."""

    written: list[str]
    same: list[str]
    removed: list[str]


def read_manifest(folder: Path, kind: str) -> Manifest:
    """The manifest of an earlier release into this folder; an empty one when there was none. Raises UsageError."""
    try:
        found = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except FileNotFoundError:
        return Manifest(kind)
    except (OSError, msgspec.DecodeError) as error:
        raise UsageError(
            "{file}: cannot be read ({error}): choose a new folder", file=folder / MANIFEST, error=error
        ) from None
    if found.kind != kind:
        raise UsageError("{folder}: another kind of release lies there: choose a new folder", folder=folder)
    return found


def write_folder(folder: Path, files: Mapping[str, bytes], manifest: Manifest) -> Written:
    """Write `files` (by their paths in the folder), remove what an earlier release wrote and this one has not.

    Raises UsageError, before anything is written, if that would lose somebody else's work.
    """
    _refuse_foreign(folder, files, manifest)
    done = Written([], [], [])
    for path, content in files.items():
        if manifest.files.get(path) == _hash(content) and (folder / path).is_file():
            done.same.append(path)
            continue
        write_atomically(folder / path, content)
        done.written.append(path)
    for path in manifest.files.keys() - files.keys():
        (folder / path).unlink(missing_ok=True)
        done.removed.append(path)
        with contextlib.suppress(OSError):  # not empty, then
            (folder / path).parent.rmdir()
    new = Manifest(manifest.kind, {path: _hash(content) for path, content in sorted(files.items())}, manifest.seed)
    write_atomically(folder / MANIFEST, msgspec.json.format(msgspec.json.encode(new), indent=1) + b"\n")
    return done


def _refuse_foreign(folder: Path, files: Mapping[str, bytes], manifest: Manifest) -> None:
    if folder.exists() and not folder.is_dir():
        raise UsageError("{folder}: no folder. Name one that is new or empty", folder=folder)
    foreign = [path for path in {**manifest.files, **files} if not _is_ours(folder / path, manifest.files.get(path))]
    foreign = [path for path in foreign if path not in files or _bytes(folder / path) != files[path]]
    if foreign:
        names = ", ".join(sorted(foreign)[:SHOWN]) + (" …" if len(foreign) > SHOWN else "")
        raise UsageError(
            "{folder}: these files were written or changed by somebody else, and would be lost: {names}. "
            "Move them away, or choose another folder",
            folder=folder,
            names=names,
        )


def _is_ours(path: Path, known: str | None) -> bool:
    """Whether nothing is there, or what we wrote."""
    if not path.exists() and not path.is_symlink():
        return True
    return known is not None and (data := _bytes(path)) is not None and _hash(data) == known


def _bytes(path: Path) -> bytes | None:
    """What a file holds; None for whatever is no file."""
    return path.read_bytes() if path.is_file() and not path.is_symlink() else None


def _hash(data: bytes) -> str:
    return sha256(data).hexdigest()
