"""Verdicts, hints, scores, goldens, batches, the doctor: decisions only."""
