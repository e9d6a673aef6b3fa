"""Changes of overrides.csv: by `grader override`, by hand, taken back; and their history in overrides-history.jsonl."""
