"""The files of a submission, in the process that runs them: locate functions, compile files, run files.

This package does not import torch.
"""
