"""Search one target for failures with atheris: `python -m tests.fuzz.search TARGET FOLDER SECONDS`.

atheris records which edges (branches) of the grader's code an input reaches. It changes the inputs that reach new edges
again. These inputs are stored in FOLDER/corpus, and the next search starts from them. Failures are stored in
FOLDER/failures, and the search goes on. Of several failures with the same last line, the one with the shortest input is
stored.
"""

import sys
from pathlib import Path
from random import Random

import atheris

with atheris.instrument_imports(include=["grader", "tomllib", "zipfile", "tarfile"]):
    from tests.fuzz.mutation import MAX_INPUT, mutated
    from tests.fuzz.target import Target, attempt
    from tests.fuzz.targets import TARGETS

OPTIONS = ("-timeout=60", "-rss_limit_mb=3000", f"-max_len={MAX_INPUT * 4}", "-print_final_stats=1", "-reload=0")


def search(target: Target, folder: Path, seconds: int) -> None:
    """Search for a number of seconds, then end the process. libFuzzer prints its counts as the last lines of output."""
    corpus, failures = folder / "corpus", folder / "failures"
    for made in (corpus, failures):
        made.mkdir(parents=True, exist_ok=True)
    seeds = list(target.seeds())
    for number, seed in enumerate(seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    shortest: dict[str, int] = {}

    def read(data: bytes) -> None:
        failure = attempt(target, data)
        if failure is None:
            return
        kind = failure.problem.strip().splitlines()[-1][:80]
        if len(data) < shortest.get(kind, MAX_INPUT * 8):
            name = f"failure-{list(shortest).index(kind) if kind in shortest else len(shortest)}"
            shortest[kind] = len(data)
            (failures / name).write_bytes(data)
            (failures / f"{name}.txt").write_text(str(failure), "utf-8", "backslashreplace")

    def mutate(data: bytes, max_size: int, seed: int) -> bytes:
        random = Random(seed)
        if target.mutate is None and random.random() < 0.4:
            return bytes(atheris.Mutate(data, max_size))
        return (target.mutate or mutated)(random, data, seeds, target.words)[:max_size]

    arguments = [sys.argv[0], *OPTIONS, f"-max_total_time={seconds}", str(corpus)]
    atheris.Setup(arguments, read, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    search(TARGETS[sys.argv[1]], Path(sys.argv[2]), int(sys.argv[3]))
