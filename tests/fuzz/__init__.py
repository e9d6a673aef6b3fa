"""Fuzzing of what the grader reads from strangers: frames, archives, tables, policies, result files, journals.

`targets` lists what is fuzzed. `make test` tries a fixed number of inputs of each (`test_targets`); `make fuzz`
searches with coverage, by atheris (`search`).
"""
