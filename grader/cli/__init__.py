"""The command line: it puts the faces together."""
