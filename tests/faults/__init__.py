"""Interrupt `grader grade` at each of its writes in turn: kill it, or make the write fail; then run it again."""
