"""Known mistakes of a grading run: where each must be observed, its runs, and the file of observed outcomes."""
