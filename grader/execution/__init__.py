"""Execution of student code: `guest` runs it in a sandbox, and `host` starts the processes in which it runs.

`extraction` opens archives of students in a separate sandbox, in which no student code runs.
"""
