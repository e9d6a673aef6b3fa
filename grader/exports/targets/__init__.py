"""Export targets: one module for each value of `grader export --to`, with a function `export(results, options)`."""
