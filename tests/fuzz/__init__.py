"""Fuzzing of the readers of untrusted data: frames, archives, tables, policies, result files, journals.

`targets` contains these readers. `make test` tries a fixed number of inputs on each of them (`test_targets`). `make
fuzz` uses atheris, which searches for inputs that reach new code (`search`).
"""
