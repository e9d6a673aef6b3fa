"""Comparison of two grading runs, or of two policies: changed functions, checks and final totals."""
