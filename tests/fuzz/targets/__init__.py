"""The readers of untrusted data that are fuzzed."""

from tests.fuzz.target import Target
from tests.fuzz.targets import archives, frames, journals, mistake_outcomes, result_files, sources, tables

TARGETS: dict[str, Target] = {
    target.name: target
    for group in (frames, archives, sources, tables, result_files, journals, mistake_outcomes)
    for target in group.TARGETS
}
"""All targets by name."""
