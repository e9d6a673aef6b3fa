"""Readers of data from strangers return a value or raise a documented error, within bounded time and memory.

Each target gets its valid inputs, and as many changed ones as INPUTS says, with a fixed seed: about ten seconds
for all. `make fuzz` searches further.
"""

import faulthandler
from random import Random

import pytest

from tests.fuzz.mutation import mutated
from tests.fuzz.target import MAX_CPU, MAX_MEMORY, SlowInputError, Target, attempt
from tests.fuzz.targets import TARGETS

SEED = 20_261_130
INPUTS = {"journal_rows": 60, "journal_bytes": 60, "class_zip": 120, "folder": 100, "roster": 150}
"""Changed inputs of a target in `make test`; OTHERS for a target that is not listed."""
OTHERS = 200
HUNG = 300.0
"""Seconds after which the process ends with a traceback: SQLite and other C code cannot be stopped otherwise."""


@pytest.fixture(autouse=True)
def _no_endless_test():
    faulthandler.dump_traceback_later(HUNG, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_changed_inputs_give_a_value_or_a_documented_error(target):
    seeds, random = list(target.seeds()), Random(f"{target.name} {SEED}")
    assert seeds
    for seed in seeds:
        target.read(seed)  # a valid input is read without an error
    for _ in range(INPUTS.get(target.name, OTHERS)):
        data = (target.mutate or mutated)(random, random.choice(seeds), seeds, target.words)
        assert not (failure := attempt(target, data)), failure


def test_an_undocumented_error_a_loop_and_a_flood_are_noticed():
    def loop(data):
        while data:
            pass

    def flood(data):
        return len(b"x" * (MAX_MEMORY + (64 << 20)))

    def fail(data):
        raise KeyError(data)

    assert "KeyError" in attempt(Target("t", fail, list), b"x").problem
    assert attempt(Target("t", fail, list, (LookupError,)), b"x") is None
    assert "processor time" in attempt(Target("t", loop, list), b"x").problem
    assert "MiB" in attempt(Target("t", flood, list), b"x").problem
    assert issubclass(SlowInputError, BaseException) and MAX_CPU
