"""One module for each target system of `grader package`. Each has a function `package(bundle, into)`."""
