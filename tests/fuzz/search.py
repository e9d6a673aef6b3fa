"""Search one target for failures with coverage, by atheris: `python -m tests.fuzz.search TARGET FOLDER SECONDS`.

atheris counts the edges of the grader's code that an input reaches, and goes on from inputs that reach new ones. The
folder keeps these inputs (`corpus`), so that the next search goes on from them, and each failure (`failures`). The
search goes on after a failure; of failures with the same last line it keeps the shortest input.
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
    """Search for a number of seconds, then end the process. The last lines of the output are libFuzzer's counts."""
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
