"""A grading run: its plan, the journal of verdicts, run.json, the result files."""
