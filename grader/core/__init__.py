"""Values, outcomes, comparison, errors: standard library and numpy only."""
