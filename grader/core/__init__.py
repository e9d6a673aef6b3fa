"""Plain data and small tools that all packages use: values, outcomes, comparison, errors, languages.

This package imports numpy, but not torch.
"""
