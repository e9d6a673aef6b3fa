"""Grading run: grades a class by a plan, keeps verdicts in the journal, and computes final results."""
