"""Examine functions: run their known mistakes, alternative solutions, mutants, trivial answers; report findings."""
