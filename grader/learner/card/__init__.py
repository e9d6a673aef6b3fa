"""`check(f)`: the card that a learner sees in a notebook cell, in a script or at a prompt."""
