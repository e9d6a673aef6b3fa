"""The secret seed of a results folder: drawn once, and kept in run.json for all later runs."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from grader.grading.results.plan import Plan


def choose_seed(plan: Plan, earlier: Mapping[str, Any], resumed: bool) -> int:
    """Return the seed of a run: that of the plan, else that of the results folder, else a new one.

    `earlier` is the run.json of the folder. A new run of a plan with `fresh` does not use the seed of the folder.
    """
    seed = plan.seed if plan.seed is not None else earlier.get("seed")
    if plan.seed is None and (not isinstance(seed, int) or (plan.fresh and not resumed)):
        return secrets.randbelow(2**31)
    assert isinstance(seed, int)
    return seed
