"""Read grader.toml: everything that is wrong with it is said at once, each with its line and the nearest known key."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

from grader.core.errors import GraderErrors, UsageError
from grader.course.exercise import Course, Exercise
from grader.course.points import share
from grader.grading.policy import toml_values
from grader.grading.policy.policy import COURSE, Extension, Keep, Late, Policy
from grader.grading.policy.toml_lines import line_of
from grader.grading.policy.toml_values import KEYS, KeyPath, Table, Wrong, keys_of

FILE = "grader.toml"


class PolicyError(GraderErrors):
    """All that is wrong with one policy file, each with its line."""


def find_policy(asked: Path | None, root: Path) -> Path | None:
    """The file that was asked for, else the one in the course's root; None when there is none. Raises UsageError."""
    if asked is not None and not asked.is_file():
        raise UsageError("--policy {path}: no such file. `grader policy --new` writes one", path=asked)
    return asked or (root / FILE if (root / FILE).is_file() else None)


def read_policy(file: Path | None, course: Course, tr: Callable[[str], str] = str) -> Policy:
    """The policy in a file, or the default one without. Raises PolicyError with all that is wrong."""
    if file is None:
        return Policy()
    try:
        text = file.read_bytes().decode("utf-8-sig")
        data = tomllib.loads(text)
    except OSError as error:
        raise PolicyError([tr("{file}: cannot be read ({error})").format(file=file, error=error.strerror)]) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise PolicyError([tr("{file}:{line}: not UTF-8: save it as UTF-8").format(file=file, line=line)]) from None
    except tomllib.TOMLDecodeError as error:
        raise PolicyError([_syntax(file, str(error), tr)]) from None
    reader = _Reader(course, tr)
    policy = reader.policy(data)
    if reader.faults:
        placed = sorted((line_of(text, fault.path), fault.words) for fault in reader.faults)
        raise PolicyError([f"{file}:{line}: {words}" for line, words in placed])
    return policy


def _syntax(file: Path, message: str, tr: Callable[[str], str]) -> str:
    """What tomllib says ends with the place: "... (at line 3, column 5)"."""
    what, _, place = message.rpartition(" (at ")
    line = place.partition("line ")[2].partition(",")[0]
    where = f"{file}:{line}" if line.isdecimal() else f"{file}"
    return tr("{where}: invalid TOML ({what})").format(where=where, what=what or message)


class _Reader:
    """Turns the tables of one file into a policy; what is wrong is left out and collected."""

    def __init__(self, course: Course, tr: Callable[[str], str]) -> None:
        self._course, self._tr, self._keys = course, tr, keys_of(course)
        self._exercises = [exercise.name for exercise in course.exercises]
        self._everything = [*self._exercises, *course.exercise_of]
        self.faults: list[Wrong] = []

    def policy(self, data: Table) -> Policy:
        """What the tables say."""
        top = self._fixed("", data)
        zone = self._zone(top.get("time_zone"))
        for name in top.get("exercises", []):
            with self._collected():
                self._known(("exercises",), name, self._everything)
        tables = {name: top.pop(name, {}) for name in ("points", "deadlines", "extensions", "late", "keep")}
        deadlines = self._deadlines(tables["deadlines"], zone)
        return Policy(
            **{**top, "exercises": tuple(top.get("exercises", ()))},
            points=self._points(tables["points"]),
            deadlines=deadlines,
            extensions=self._extensions(tables["extensions"], deadlines, zone),
            late=Late(**self._fixed("late", tables["late"])),
            keep=Keep(**self._fixed("keep", tables["keep"])),
        )

    @contextmanager
    def _collected(self) -> Iterator[None]:
        try:
            yield
        except Wrong as fault:
            self.faults.append(fault)

    def _known(self, path: KeyPath, name: str, known: Sequence[str], elsewhere: Sequence[str] = ()) -> None:
        if name not in known:
            raise toml_values.unknown(path, name, known, elsewhere, self._tr)

    def _fixed(self, section: str, table: Table) -> Table:
        """The right values of a table whose keys are fixed."""
        found, everywhere = {}, [f"{home}.{key}".removeprefix(".") for home in KEYS for key in KEYS[home]]
        for key, value in table.items():
            path = (section, key) if section else (key,)
            with self._collected():
                self._known(path, key, list(KEYS[section]), everywhere)
                found[key] = toml_values.fixed(path, value, self._keys[section][key], self._tr)
        return found

    def _zone(self, name: str | None) -> ZoneInfo | None:
        """The time zone; for one that there is not another stands in, so that the times are looked at as well."""
        if name is None:
            return None
        with self._collected():
            return toml_values.time_zone(("time_zone",), name, self._tr)
        return ZoneInfo("UTC")

    def _points(self, table: Table) -> dict[str, Fraction]:
        """The points of every function that is named, or whose exercise is."""
        given: dict[str, Fraction] = {}
        for name, value in table.items():
            with self._collected():
                self._known(("points", name), name, self._everything, list(KEYS[""]))
                given[name] = toml_values.points(("points", name), value, self._tr)
        shared: dict[str, Fraction] = {}
        for exercise in self._course.exercises:
            if exercise.name in given:
                with self._collected():
                    shared |= self._shared(exercise, given)
        return shared | {name: value for name, value in given.items() if name in self._course.exercise_of}

    def _shared(self, exercise: Exercise, given: dict[str, Fraction]) -> dict[str, Fraction]:
        """The points of an exercise, shared by its functions as the declared ones are."""
        path, tr = ("points", exercise.name), self._tr
        if both := next((function for function in exercise.points if function in given), None):
            words = tr("points.{exercise} and points.{function}: the function belongs to the exercise, give only one")
            raise Wrong(path, words.format(exercise=exercise.name, function=both))
        parts = share(given[exercise.name], list(exercise.points.values()))
        if not all(parts):
            raise toml_values.wrong(path, float(given[exercise.name]), tr("a hundredth at least for each function"), tr)
        return dict(zip(exercise.points, parts, strict=True))

    def _deadlines(self, table: Table, zone: ZoneInfo | None) -> dict[str, datetime]:
        found = {}
        for name, value in table.items():
            with self._collected():
                self._known(("deadlines", name), name, [COURSE, *self._exercises], list(KEYS[""]))
                found[name] = toml_values.moment(("deadlines", name), value, zone, self._tr)
        return found

    def _extensions(
        self, table: Table, deadlines: dict[str, datetime], zone: ZoneInfo | None
    ) -> dict[str, dict[str, Extension]]:
        found: dict[str, dict[str, Extension]] = {}
        for student, value in table.items():
            of_exercises = isinstance(value, dict)
            for name, more in (value if of_exercises else {COURSE: value}).items():
                path = ("extensions", student, name) if of_exercises else ("extensions", student)
                with self._collected():
                    self._known(path, name, [COURSE, *self._exercises])
                    made = toml_values.extension(path, name, more, deadlines, zone, self._tr)
                    found.setdefault(student, {})[name] = made
        return found
