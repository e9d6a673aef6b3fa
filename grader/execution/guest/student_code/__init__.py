"""The files of a submission in the process that runs them: found by name, compiled, run. Needs no torch."""
