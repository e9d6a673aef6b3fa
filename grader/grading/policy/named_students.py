"""Replace the names of students in a policy by their ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from grader.grading.policy.policy import Policy
from grader.submissions.students.student_lookup import StudentIndex


def resolve_extensions(policy: Policy, index: StudentIndex) -> tuple[Policy, Mapping[str, list[str]]]:
    """Return the policy with extensions by student id, and the names that do not mean one student.

    Such a name is mapped to all students who match it; to an empty list if nobody does.
    """
    found = {name: index.find(name) for name in policy.extensions}
    extensions = {matches[0] if len(matches) == 1 else name: policy.extensions[name] for name, matches in found.items()}
    return replace(policy, extensions=extensions), {name: many for name, many in found.items() if len(many) != 1}
