"""What other systems read back: one module for each system in `targets`.

Adding a target changes no other file.
"""
