"""Command line: one module per command, in a folder for the role of its users (students, instructors, authors)."""
