"""Plain data and small tools for all packages: values, outcomes, comparison, errors. Needs numpy, but not torch."""
