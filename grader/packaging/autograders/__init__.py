"""One module for each system of `grader package`, with a function `package(bundle, into)`."""
