"""`check(f)`: check a live function, and display the result as a card in a notebook, a script or at a prompt."""
