"""Grading run: grade the submissions of a class by a plan, keep verdicts in the journal, compute final results."""
