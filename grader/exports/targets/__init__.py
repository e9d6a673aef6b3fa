"""One module for each target of `grader export --to`, found by its name: a function `export(data, into)`."""
