"""Record the output of every command, so that the output of two versions of the code can be compared.

Texts that differ between two runs of the same code are replaced by placeholders. This package uses only the command
line and never imports `grader`, so that it still works after modules have moved.
"""
