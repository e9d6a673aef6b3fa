"""Command line: one module per command, under the role of its users."""
