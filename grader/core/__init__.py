"""Plain data and small tools that all packages use: values, outcomes, comparison, errors, languages.

It needs numpy, but not torch.
"""
