"""Recording of the calls of a student's function: arguments, changes and exceptions, as data and with its sources."""
