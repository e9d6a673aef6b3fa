"""JUnit: one file, a suite for each student, a case for each check.

One file, because that is what Jenkins, GitLab and others are told the path of; there a suite is a student.
"""

from __future__ import annotations

from xml.etree import ElementTree

from grader.core.atomic_files import write_atomically
from grader.core.visible_text import visible
from grader.exports.cell_text import claim, shown
from grader.exports.export_data import Exported, Order, Results, StudentResult
from grader.grading.verdicts.record import CheckRecord, FunctionRecord

UNTOUCHED = ("not_attempted", "missing")


def export(results: Results, order: Order) -> Exported:
    """Write the file."""
    path = order.file("junit.xml")
    root = ElementTree.Element("testsuites")
    root.extend(_suite(results, student) for student in results.students)
    ElementTree.indent(root)
    write_atomically(path, ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")
    return Exported([path])


def _suite(results: Results, student: StudentResult) -> ElementTree.Element:
    cases = [(record, check) for record in results.shown_to(student) for check in record.checks]
    kinds = [_kind(record, check) for record, check in cases]
    suite = ElementTree.Element("testsuite", name=visible(student.id), tests=f"{len(cases)}")
    for kind, name in {"failure": "failures", "error": "errors", "skipped": "skipped"}.items():
        suite.set(name, f"{kinds.count(kind)}")
    suite.set("time", f"{sum(record.seconds for record in student.records):.3f}")
    properties = ElementTree.SubElement(suite, "properties")
    facts = {"score": "" if student.score is None else f"{student.score:.2f}", "max_score": f"{student.maximum:.2f}"}
    for name, value in (facts | ({"needs a human": visible(student.human)} if student.human else {})).items():
        ElementTree.SubElement(properties, "property", name=name, value=value)
    suite.extend(_case(results, record, check) for record, check in cases)
    return suite


def _case(results: Results, record: FunctionRecord, check: CheckRecord) -> ElementTree.Element:
    share = record.seconds / len(record.checks)
    case = ElementTree.Element(
        "testcase", classname=f"{record.exercise}.{record.function}", name=visible(check.name), time=f"{share:.3f}"
    )
    if kind := _kind(record, check):
        found = ElementTree.SubElement(case, kind, message=claim(check))
        if kind != "skipped":
            found.set("type", record.outcome)
            found.text = shown(check.message) or results.tr("not passed")
    return case


def _kind(record: FunctionRecord, check: CheckRecord) -> str:
    """The element that says what became of a check; none for one that passed."""
    if record.score is None:
        return "error"
    if check.passed:
        return ""
    return "skipped" if record.outcome in UNTOUCHED else "failure"
