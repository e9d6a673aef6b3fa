"""Replace the names of students in a policy by their ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from grader.grading.policy.policy import Extension, Policy
from grader.submissions.students.student_lookup import StudentIndex


@dataclass(frozen=True)
class ClassPolicy:
    """A policy whose extensions are stored by student id, and the names in the policy that a person must correct.

    `unclear_names` maps each name that does not match exactly one student to the students that it matches.
    `repeated_names` maps a student with several extensions of the same deadline to the names that the policy uses.
    """

    policy: Policy
    unclear_names: Mapping[str, list[str]]
    repeated_names: Mapping[str, list[str]]


def resolve_extensions(policy: Policy, index: StudentIndex) -> ClassPolicy:
    """Find the students that the extensions of a policy name.

    The extensions of a student whom the policy names in two ways are merged. If both are for the same deadline, the
    last one applies.
    """
    unclear: dict[str, list[str]] = {}
    extensions: dict[str, dict[str, Extension]] = {}
    names: dict[str, list[str]] = {}
    repeated: dict[str, list[str]] = {}
    for name, granted in policy.extensions.items():
        matches = index.find(name)
        if len(matches) != 1:
            unclear[name] = matches
        student = matches[0] if len(matches) == 1 else name
        merged, used_names = extensions.setdefault(student, {}), names.setdefault(student, [])
        used_names.append(name)
        if merged.keys() & granted.keys():
            repeated[student] = used_names
        merged.update(granted)
    return ClassPolicy(replace(policy, extensions=extensions), unclear, repeated)
