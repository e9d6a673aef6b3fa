"""Summary at the end of a pytest run: points of each exercise, and the next step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from _pytest.terminal import TerminalReporter

from grader.core.language import translator
from grader.learner.pytest_plugin.items import PROPERTY
from grader.rendering.display_width import cells, pad


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
        self.rows.sort(key=lambda row: row["order"])  # xdist reports results in any order
        heading = tr("points") if self.rows[0]["hidden"] else tr("points of the public checks")
        writer = out.config.get_terminal_writer()  # its sep() counts characters, not columns
        writer.sep("=", heading, fullwidth=writer.fullwidth - cells(heading) + len(heading))
        for line in self._table():
            out.write_line(line)
        unfinished = next((row for row in self.rows if row["status"] != "passed"), None)
        if unfinished is None and (out.stats.get("failed") or out.stats.get("error")):
            return  # a debugger ended the run, or a test that is not a check failed
        if unfinished is None:
            out.write_line(tr("Every check passed."), green=True)
            if not self.rows[0]["hidden"]:
                out.write_line(tr("Hidden checks on other data decide the grade."))
            return
        out.write_line("")
        lead = tr("next: ")
        out.write(lead, bold=True, cyan=True)
        out.write_line(tr("{function} in {file}").format(**unfinished), bold=True)
        out.write_line(" " * cells(lead) + unfinished["claim"])

    def _table(self) -> Iterator[str]:
        files = dict.fromkeys((row["file"], row["title"]) for row in self.rows)
        for file, title in files:
            rows = [row for row in self.rows if row["file"] == file]
            most = sum(row["points"] for row in rows)
            got = sum(row["points"] for row in rows if row["status"] == "passed")
            done = round(10 * got / most) if most else 0
            yield f"  {pad(file, 24)} {pad(title, 30)} {'█' * done}{'░' * (10 - done)} {got:5.2f} / {most:5.2f}"


def _result(report: pytest.TestReport) -> dict[str, Any] | None:
    return next((value for name, value in getattr(report, "user_properties", ()) if name == PROPERTY), None)
