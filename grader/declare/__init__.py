"""What authors declare: exercises, experiments, mistakes, stubs."""
