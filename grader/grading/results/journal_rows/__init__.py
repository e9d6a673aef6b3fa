"""Rows of the journal: their checksums, the tables of verdicts and texts, and the error when they cannot be read."""
