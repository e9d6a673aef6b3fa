"""Summary at the end of a pytest run: points of each exercise, and the next step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from _pytest.terminal import TerminalReporter

from grader.core.language import translator
from grader.learner.next_step import rank_check, rank_function
from grader.learner.pytest_plugin.items import PROPERTY
from grader.rendering.display_width import cells, cut, pad
from grader.rendering.failure_layout import wrap

CACHE_KEY = "autograded/statuses"
"""Key in pytest's cache for the last status of each check."""

DEFAULT_REPORT = "fE"
"""Default of pytest's option -r, which lists failures and errors at the end of a run."""

FILE_WIDTH, MAX_FILE_WIDTH, TITLE_WIDTH = 22, 40, 28
"""Widths in the table of points, in terminal cells: of file names, of the longest file names, of titles. A file name
that needs more than FILE_WIDTH takes cells from the titles, which are cut."""

SHOWN = 5
"""Maximum number of checks that are listed because they began to pass, and of checks that began to fail."""
FAILED = ("failed", "raised", "timed_out", "crashed", "refused", "unreadable", "missing")


class Summary:
    """Plugin that collects the results of the items; unless all checks passed, the exit status is 1."""

    def __init__(self, language: str) -> None:
        self.rows: list[dict[str, Any]] = []
        self._tr = tr = translator(language)
        self._categories = {"not_attempted": tr("not started"), "grader_fault": tr("not comparable")}
        self._not_run = tr("not run")

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, Any] | None:
        """Report skipped checks as "not started", "not comparable", or "not run" (syntax error in the file)."""
        result = _result(report)
        if result is None or not report.skipped:
            return None
        word = self._not_run if result["unread"] else self._categories.get(result["status"])
        if word is None:
            return None
        return word, "·", (word.upper(), {"cyan": True})

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect the result of an item."""
        result = _result(report)
        if result and report.when == "call":
            self.rows.append(result)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Set exit status 1 unless all checks passed."""
        if session.exitstatus == 0 and any(row["status"] != "passed" for row in self.rows):
            session.exitstatus = 1

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        """Write the points of each exercise, and the next step."""
        if not self.rows:
            return
        tr, out = self._tr, terminalreporter
        self.rows.sort(key=lambda row: row["order"])  # pytest-xdist reports results in any order
        out.ensure_newline()
        heading = tr("points") if self.rows[0]["hidden"] else tr("points of the public checks")
        writer = out.config.get_terminal_writer()  # pytest's sep() counts characters, not columns
        writer.sep("=", heading, fullwidth=writer.fullwidth - cells(heading) + len(heading))
        for line in [*self._table(), *self._hidden_points(), *self._changes(getattr(out.config, "cache", None))]:
            out.write_line(line)
        only_checks = len(out.stats.get("failed", ())) == sum(row["status"] in FAILED for row in self.rows)
        if only_checks and out.config.option.reportchars == DEFAULT_REPORT:
            out.reportchars = out.reportchars.replace("f", "")  # the report above names each failed check
        unfinished = self._next_row()
        if unfinished is None and (out.stats.get("failed") or out.stats.get("error")):
            return  # not every item passed: a debugger ended the run, or a test that is not a check failed
        if unfinished is None:
            out.write_line(tr("Every check passed."), green=True)
            if not self.rows[0]["hidden"]:
                out.write_line(tr("Hidden checks on other data decide the grade."))
            return
        out.write_line("")
        lead = tr("next: ")
        out.write(lead, bold=True, cyan=True)
        out.write_line(tr("{function} in {file}").format(**unfinished), bold=True)
        for line in wrap(unfinished["claim"], cells(lead)):
            out.write_line(line)
        if all(row["status"] == "not_attempted" for row in self.rows) and not self.rows[0]["hidden"]:
            for step in self._first_steps(unfinished):
                first, *more = wrap(step, 3)
                out.write_line("\n".join([first.strip(), *more]))

    def _next_row(self) -> dict[str, Any] | None:
        """Return the row of the check to work on next; None if all checks passed."""
        functions: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for row in self.rows:
            functions.setdefault((row["file"], row["function"]), []).append(row)
        rows = min(functions.values(), key=lambda rows: rank_function([row["status"] for row in rows]))
        row = min(rows, key=lambda row: rank_check(row["status"]))
        return row if row["status"] != "passed" else None

    def _first_steps(self, row: dict[str, Any]) -> Iterator[str]:
        """Yield an empty line and three instructions for a student who has not written any function yet."""
        tr = self._tr
        yield ""
        yield tr("1. Open {file}. Write {function} in place of raise NotImplementedError.").format(**row)
        yield tr("2. Save the file and run pytest again, or keep `grader watch` running.")
        yield tr("3. Stuck? Ask for a hint: grader hint {function}").format(**row)

    def _hidden_points(self) -> Iterator[str]:
        """Yield a line with the points of the public checks and the points of the hidden checks."""
        if self.rows[0]["hidden"]:
            return
        functions = {row["function"]: row["function_points"] for row in self.rows}
        public, total = sum(row["points"] for row in self.rows), sum(functions.values())
        tr = self._tr  # Babel looks for calls of this name
        words = tr("{public:.2f} of the {total:g} points are public; hidden checks decide the other {hidden:.2f}.")
        yield "  " + words.format(public=public, total=total, hidden=total - public)

    def _changes(self, cache: pytest.Cache | None) -> Iterator[str]:
        """Yield checks that began to pass or to fail since the last run of pytest; at most SHOWN of each kind."""
        if cache is None or self.rows[0]["hidden"]:
            return
        earlier = cache.get(CACHE_KEY, {})
        now = {row["check"]: row["status"] for row in self.rows}
        cache.set(CACHE_KEY, earlier | now)
        tr = self._tr
        passed = [check for check, status in now.items() if status == "passed" != earlier.get(check, "passed")]
        failed = [check for check, status in now.items() if status != "passed" == earlier.get(check)]
        for sign, checks, words in (("+", passed, tr("passes now")), ("-", failed, tr("does not pass any more"))):
            yield from (f"  {sign} {check} {words}" for check in checks[:SHOWN])
            if len(checks) > SHOWN:
                yield f"  {sign} …"

    def _table(self) -> Iterator[str]:
        files = dict.fromkeys((row["file"], row["title"]) for row in self.rows)
        width = min(MAX_FILE_WIDTH, max(FILE_WIDTH, *(cells(file) for file, _ in files)))
        title_width = FILE_WIDTH + TITLE_WIDTH - width
        for file, title in files:
            rows = [row for row in self.rows if row["file"] == file]
            most = sum(row["points"] for row in rows)
            got = sum(row["points"] for row in rows if row["status"] == "passed")
            done = round(10 * got / most) if most else 0
            if got < most:
                done = min(done, 9)  # a full bar would say that all checks passed
            name, words = pad(cut(file, width), width), pad(cut(title, title_width), title_width)
            yield f"  {name} {words} {'█' * done}{'░' * (10 - done)} {got:5.2f} / {most:5.2f}"


def _result(report: pytest.TestReport) -> dict[str, Any] | None:
    return next((value for name, value in getattr(report, "user_properties", ()) if name == PROPERTY), None)
