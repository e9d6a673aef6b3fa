"""`grader watch`: its loop, its page, its keys, and the warm worker that runs the checks."""
