"""Words for the outcome of a function (passed, failed, timed out, ...), in the language of the reader."""

from __future__ import annotations

from collections.abc import Callable


def outcome_words(tr: Callable[[str], str]) -> dict[str, str]:
    """Return the translated name of each outcome in results.jsonl."""
    return {
        "passed": tr("passed"),
        "failed": tr("failed"),
        "not_attempted": tr("not started"),
        "missing": tr("missing"),
        "raised": tr("error"),
        "timed_out": tr("timed out"),
        "crashed": tr("crashed"),
        "refused": tr("blocked"),
        "unreadable": tr("ungraded: unreadable"),
        "grader_fault": tr("ungraded: the grader failed"),
    }
