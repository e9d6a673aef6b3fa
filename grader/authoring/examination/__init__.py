"""Examine functions: run their mistakes, alternative solutions, mutants and trivial answers, and report findings."""
