"""Rows of the journal: one module for each table, their checksums, and the error when they cannot be read."""
