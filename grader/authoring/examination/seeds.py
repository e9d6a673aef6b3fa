"""The seeds with which `grader doctor` tries every mistake and alternative solution."""

from __future__ import annotations

from grader.experiments.declaration import PUBLIC_SEED

SEEDS = (PUBLIC_SEED, *range(1, 10))
"""The seeds of the doctor: the public seed, with which small random tensors are exact, and nine more.

There are several seeds because no score may depend on the seed.
"""
