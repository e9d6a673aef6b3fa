"""Target: the file with the outcomes of known mistakes, with changed bytes, or new content with correct checksums."""

import zlib
from collections.abc import Sequence
from functools import cache
from random import Random

import msgspec

from grader.core.hashing import digest
from grader.core.outcomes import Observed, Raised
from grader.core.values import Array
from grader.grading.verdicts.known_mistakes.outcome_file import FILE, START, Block, OutcomeFile
from tests.fuzz.mutation import mutated
from tests.fuzz.target import Target
from tests.fuzz.targets.results import EXERCISE_KEYS
from tests.fuzz.targets.scratch import empty_folder

OUTCOMES = {
    "hash of a mistake": {"descend::check": Observed({"y": Array("float64", (1,), bytes(8)), "n": (1, 2.5)})},
    "hash of another": {"descend::check": Raised("ValueError", "no")},
}


def read_outcomes(data: bytes) -> None:
    """Load the outcomes of each function, then save other outcomes and load them again."""
    folder = empty_folder("outcomes")
    (folder / FILE).write_bytes(data)
    file = OutcomeFile(folder, EXERCISE_KEYS)
    for function in EXERCISE_KEYS:
        file.load(function)
    file.save({"descend": OUTCOMES})
    assert OutcomeFile(folder, EXERCISE_KEYS).load("descend").keys() >= OUTCOMES.keys()


@cache
def outcome_files() -> list[bytes]:
    """Return a file with the outcomes of two functions."""
    folder = empty_folder("outcomes")
    OutcomeFile(folder, EXERCISE_KEYS).save({"descend": OUTCOMES, "mean_square": OUTCOMES})
    return [(folder / FILE).read_bytes()]


def changed_outcomes(random: Random, data: bytes, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """Return a file with changed bytes, or with changed outcomes and correct checksums."""
    if random.random() < 0.3:
        return mutated(random, data, others, words)
    blocks = msgspec.msgpack.decode(others[0][len(START) :], type=dict[str, Block])
    for function, block in blocks.items():
        inner = zlib.compress(mutated(random, zlib.decompress(block.data), [block.data], words))
        blocks[function] = Block(block.key, digest(block.key, inner), inner)
    return START + msgspec.msgpack.encode(blocks)


WORDS = (b'["done",0,"observed",{}]', b'["f","nan"]', b"\xdf\xff\xff\xff\xff", b"\xdd\xff\xff\xff\xff", b"\x91" * 3000)
TARGETS = (Target("mistake_outcomes", read_outcomes, outcome_files, words=WORDS, mutate=changed_outcomes),)
