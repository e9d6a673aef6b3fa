"""JUnit XML: write one file with a test suite for each student and a test case for each check.

All students are in one file, because Jenkins, GitLab and other systems take the path of a single file.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from grader.core.visible_text import show_invisible, visible
from grader.exports.export_data import ClassResults, ExportOptions, ExportSummary, StudentResult
from grader.exports.result_text import check_text, check_title
from grader.grading.verdicts.record import CheckRecord, FunctionRecord
from grader.submissions.students.look_alikes import ID_HASH, id_hash

UNTOUCHED = ("not_attempted", "missing")
"""Outcomes of functions that the student has not written. junit.xml marks the checks of these functions as skipped."""


def export(results: ClassResults, options: ExportOptions) -> ExportSummary:
    """Write junit.xml. Raises UsageError if it cannot be written."""
    path = options.output_file("junit.xml")
    root = ElementTree.Element("testsuites")
    root.extend(_suite(results, student) for student in results.students)
    ElementTree.indent(root)
    options.write(path, ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")
    return ExportSummary([path])


def read_scores(path: Path, data: bytes) -> dict[str, str]:
    """Return the score of each student in a junit.xml that `export` wrote; the key is the visible id."""
    suites = ElementTree.fromstring(data).iter("testsuite")
    return {
        suite.get("name", ""): element.get("value", "")
        for suite in suites
        for element in suite.iter("property")
        if element.get("name") == "score"
    }


def _suite(results: ClassResults, student: StudentResult) -> ElementTree.Element:
    cases = [(record, check) for record in results.visible_records(student) for check in record.checks]
    kinds = [_kind(record, check) for record, check in cases]
    suite = ElementTree.Element("testsuite", name=show_invisible(student.id), tests=f"{len(cases)}")
    for kind, name in {"failure": "failures", "error": "errors", "skipped": "skipped"}.items():
        suite.set(name, f"{kinds.count(kind)}")
    suite.set("time", f"{sum(record.seconds for record in student.records):.3f}")
    properties = ElementTree.SubElement(suite, "properties")
    hashed = {ID_HASH: id_hash(student.id)} if student.id in results.ids_with_hash else {}
    facts = hashed | {
        "score": "" if student.score is None else f"{student.score:.2f}",
        "max_score": f"{student.maximum:.2f}",
        "status": student.final.status,
        "needs a human": visible(student.review_reason),
    }
    for name, value in facts.items():
        if value or name == "score":
            ElementTree.SubElement(properties, "property", name=name, value=value)
    suite.extend(_case(results, record, check) for record, check in cases)
    return suite


def _case(results: ClassResults, record: FunctionRecord, check: CheckRecord) -> ElementTree.Element:
    share = record.seconds / len(record.checks)
    case = ElementTree.Element(
        "testcase", classname=f"{record.exercise}.{record.function}", name=visible(check.name), time=f"{share:.3f}"
    )
    if kind := _kind(record, check):
        element = ElementTree.SubElement(case, kind, message=check_title(check))
        if kind != "skipped":
            element.set("type", record.outcome)
            element.text = check_text(check) or results.tr("not passed")
    return case


def _kind(record: FunctionRecord, check: CheckRecord) -> str:
    """Return the name of the XML element that marks a check which did not pass; an empty string for a passed check."""
    if record.outcome in UNTOUCHED:
        return "skipped"
    if record.score is None:
        return "error"
    return "" if check.passed else "failure"
