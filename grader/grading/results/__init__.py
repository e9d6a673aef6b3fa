"""Files of a results folder: journal, plan, run.json, result files; and the cache keys of verdicts."""
