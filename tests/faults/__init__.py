"""Faults, one by one: `grader grade` is killed, or the disk refuses, at each of its writes; then it runs again."""
