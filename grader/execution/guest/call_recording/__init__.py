"""Recording of the calls of a student's function: arguments, changed arguments and exceptions, as plain data."""
