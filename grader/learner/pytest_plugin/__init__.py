"""The checks as pytest items: pytest shows verdicts, it does not produce them."""
