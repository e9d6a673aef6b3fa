"""One module for each system that `grader package` makes an autograder for, found by its name."""
