"""What a results folder holds: the journal, the plan of its run, run.json, result files; and the keys of verdicts."""
