"""Names that the layers share."""

CHANGED = "changed arguments"
"""The observation that the kit adds to an experiment: which inputs are not what they were."""
