"""Cache keys, which decide whether a verdict is reused, and the hash of the grader's code that they contain."""
