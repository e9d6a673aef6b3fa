"""Read grader.toml, and report all its errors at once, each with its line and the nearest known key."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

from grader.core.errors import DAMAGED, GraderErrors, UsageError
from grader.core.files.regular_files import open_regular
from grader.course.exercise import Course, Exercise
from grader.course.points import share
from grader.grading.policy import toml_values
from grader.grading.policy.policy import COURSE, ExportPolicy, Extension, FilePolicy, LatePolicy, Policy, Retention
from grader.grading.policy.policy_keys import KEYS, KeyPath, Table, keys_of
from grader.grading.policy.toml_lines import line_of
from grader.grading.policy.toml_values import ValueProblem

FILE = "grader.toml"
MAX_POLICY = 256 << 10
"""Maximum size of a policy file, in bytes. A file with an extension for each of 1,000 students has 30,000 bytes."""
MAX_DOTS = 100
"""Maximum number of dots in one line of a policy file: tomllib takes quadratic time and memory for a key of many
parts."""
MAX_PROBLEMS = 50
"""Maximum number of reported problems of one policy file: to find the line of each, the file is parsed many times."""


class PolicyError(GraderErrors):
    """All errors in one policy file, each with its line."""


def find_policy_file(asked: Path | None, root: Path) -> Path | None:
    """Return `asked`, or else the grader.toml in `root`, or else None. Raises UsageError if `asked` is not a file."""
    if asked is not None and not asked.is_file():
        raise UsageError("Policy file not found: {path}. `grader policy --new` writes one", path=asked)
    return asked or (root / FILE if (root / FILE).is_file() else None)


def read_policy(file: Path | None, course: Course, tr: Callable[[str], str] = str) -> Policy:
    """Return the policy in a file; the default policy if `file` is None. Raises PolicyError."""
    if file is None:
        return Policy()
    try:
        text = _read_text(file)
        data = tomllib.loads(text)
    except OSError as error:
        raise PolicyError([tr("{file}: cannot be read ({error})").format(file=file, error=error.strerror)]) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise PolicyError([tr("{file}:{line}: not UTF-8: save it as UTF-8").format(file=file, line=line)]) from None
    except DAMAGED as error:
        raise PolicyError([_describe_syntax_error(file, str(error), tr)]) from None
    reader = _PolicyReader(course, tr)
    policy = reader.policy(data)
    if reader.problems:
        reported = reader.problems[:MAX_PROBLEMS]
        by_line = sorted((line_of(text, problem.path), problem.words) for problem in reported)
        more = tr("{file}: further problems: {count}").format(file=file, count=len(reader.problems) - len(reported))
        raise PolicyError(
            [*(f"{file}:{line}: {words}" for line, words in by_line), *[more] * (len(reported) < len(reader.problems))]
        )
    return policy


def _read_text(file: Path) -> str:
    """Return the text of a policy file. Raises OSError, UnicodeDecodeError, or ValueError if it is too large."""
    with open_regular(file) as opened:
        data = opened.read(MAX_POLICY + 1)
    if len(data) > MAX_POLICY:
        raise ValueError(f"more than {MAX_POLICY >> 10} KiB")
    text = data.decode("utf-8-sig")
    for number, line in enumerate(text.split("\n"), 1):
        if line.partition("#")[0].count(".") > MAX_DOTS:
            raise ValueError(f"more than {MAX_DOTS} dots in one line (at line {number}, column 1)")
    return text


def _describe_syntax_error(file: Path, message: str, tr: Callable[[str], str]) -> str:
    """Return a message with file and line. tomllib gives the line at the end: "... (at line 3, column 5)"."""
    what, _, place = message.rpartition(" (at ")
    line = place.partition("line ")[2].partition(",")[0]
    where = f"{file}:{line}" if line.isdecimal() else f"{file}"
    return tr("{where}: invalid TOML ({what})").format(where=where, what=what or message)


class _PolicyReader:
    """Turns the tables of a policy file into a `Policy`, without the wrong values, which it lists in `problems`."""

    def __init__(self, course: Course, tr: Callable[[str], str]) -> None:
        self._course, self._tr, self._keys = course, tr, keys_of(course)
        self._exercises = [exercise.name for exercise in course.exercises]
        self._everything = [*self._exercises, *course.exercise_of]
        self.problems: list[ValueProblem] = []

    def policy(self, data: Table) -> Policy:
        """Return the policy that the tables of a file describe."""
        top = self._read_table("", data)
        zone = self._read_time_zone(top.get("time_zone"))
        for name in top.get("exercises", []):
            with self._collecting_problems():
                self._require_known(("exercises",), name, self._everything)
        tables = {name: top.pop(name, {}) for name, kind in KEYS[""].items() if kind is Table}
        deadlines = self._read_deadlines(tables["deadlines"], zone)
        return Policy(
            **{**top, "exercises": tuple(top.get("exercises", ()))},
            points=self._read_points(tables["points"]),
            deadlines=deadlines,
            extensions=self._read_extensions(tables["extensions"], deadlines, zone),
            late=LatePolicy(**self._read_table("late", tables["late"])),
            ungraded=ExportPolicy(**self._read_table("ungraded", tables["ungraded"])),
            missing=ExportPolicy(**self._read_table("missing", tables["missing"])),
            files=FilePolicy(**self._read_table("files", tables["files"])),
            keep=Retention(**self._read_table("keep", tables["keep"])),
        )

    @contextmanager
    def _collecting_problems(self) -> Iterator[None]:
        try:
            yield
        except ValueProblem as problem:
            self.problems.append(problem)

    def _require_known(self, path: KeyPath, name: str, known: Sequence[str], elsewhere: Sequence[str] = ()) -> None:
        if name not in known:
            raise toml_values.unknown_name(path, name, known, elsewhere, self._tr)

    def _read_table(self, section: str, table: Table) -> Table:
        """Return the valid values of a table with fixed keys."""
        found, everywhere = {}, [f"{home}.{key}".removeprefix(".") for home in KEYS for key in KEYS[home]]
        for key, value in table.items():
            path = (section, key) if section else (key,)
            with self._collecting_problems():
                self._require_known(path, key, list(KEYS[section]), everywhere)
                found[key] = toml_values.convert_value(path, value, self._keys[section][key], self._tr)
        return found

    def _read_time_zone(self, name: str | None) -> ZoneInfo | None:
        """Return the time zone; UTC if the name is unknown, so that the times in the file are still checked."""
        if name is None:
            return None
        with self._collecting_problems():
            return toml_values.time_zone(("time_zone",), name, self._tr)
        return ZoneInfo("UTC")

    def _read_points(self, table: Table) -> dict[str, Fraction]:
        """Return the points of each function that the table names, or whose exercise it names."""
        named_points: dict[str, Fraction] = {}
        for name, value in table.items():
            with self._collecting_problems():
                self._require_known(("points", name), name, self._everything, list(KEYS[""]))
                named_points[name] = toml_values.points(("points", name), value, self._tr)
        shared: dict[str, Fraction] = {}
        for exercise in self._course.exercises:
            if exercise.name in named_points:
                with self._collecting_problems():
                    shared |= self._share_points(exercise, named_points)
        return shared | {name: value for name, value in named_points.items() if name in self._course.exercise_of}

    def _share_points(self, exercise: Exercise, named_points: dict[str, Fraction]) -> dict[str, Fraction]:
        """Return the points of an exercise shared among its functions in proportion to the declared points."""
        path, tr = ("points", exercise.name), self._tr
        if listed_function := next((function for function in exercise.points if function in named_points), None):
            words = tr(
                "points.{exercise} and points.{function}: the function belongs to the exercise. Keep only one of them"
            )
            raise ValueProblem(path, words.format(exercise=exercise.name, function=listed_function))
        parts = share(named_points[exercise.name], list(exercise.points.values()))
        if not all(parts):
            raise toml_values.problem_with(
                path, float(named_points[exercise.name]), tr("at least 0.01 for each function"), tr
            )
        return dict(zip(exercise.points, parts, strict=True))

    def _read_deadlines(self, table: Table, zone: ZoneInfo | None) -> dict[str, datetime]:
        found = {}
        for name, value in table.items():
            with self._collecting_problems():
                self._require_known(("deadlines", name), name, [COURSE, *self._exercises], list(KEYS[""]))
                found[name] = toml_values.moment(("deadlines", name), value, zone, self._tr)
        return found

    def _read_extensions(
        self, table: Table, deadlines: dict[str, datetime], zone: ZoneInfo | None
    ) -> dict[str, dict[str, Extension]]:
        found: dict[str, dict[str, Extension]] = {}
        for student, value in table.items():
            is_by_exercise = isinstance(value, dict)
            for name, granted in (value if is_by_exercise else {COURSE: value}).items():
                path = ("extensions", student, name) if is_by_exercise else ("extensions", student)
                with self._collecting_problems():
                    self._require_known(path, name, [COURSE, *self._exercises])
                    extension = toml_values.extension(path, name, granted, deadlines, zone, self._tr)
                    found.setdefault(student, {})[name] = extension
        return found
