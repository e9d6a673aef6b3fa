"""Record of the output of every command, normalized so that records of two versions of the code can be compared.

The record uses only the command line and never imports `grader`, so that changes of modules do not break it.
"""
