"""Known mistakes in a grading run: decide on which checks to run them, run them, and store their outcomes in a file."""
