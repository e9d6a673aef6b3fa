"""Verdict on one check: comparison with the reference, diagnosis of the misconception, explanation, picture."""
