"""Generate and prove: sync, doctor, mutants, new exercises, demo classes, goldens."""
