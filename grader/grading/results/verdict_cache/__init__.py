"""When a verdict is reused: its cache key, and the code of the grader that decides."""
