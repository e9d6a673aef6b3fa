"""Execution of student code: `guest` runs inside the sandbox, `host` starts and monitors the processes of `guest`."""
