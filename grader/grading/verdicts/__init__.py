"""Verdicts on checks: compare outcomes with the reference, name the misconception, explain and draw the difference."""
