"""Generate and check a course: sync, doctor, mutants, goldens, new exercises, demo students."""
