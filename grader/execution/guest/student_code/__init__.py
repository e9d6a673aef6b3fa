"""The files of a submission in the process that runs them: locate functions, compile, run. Needs no torch."""
