"""Test that `grader grade` survives an interruption at any of its writes.

A trial kills the command at one write, or makes the write fail. Then it runs the command again, and compares the
results with those of an undisturbed run.
"""
