"""What the targets share. A package, so that it is not taken for a target."""
