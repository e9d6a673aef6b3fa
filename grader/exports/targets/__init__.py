"""One module for each target of `grader export --to`, with a function `export(results, options)`."""
