"""Former path of `grader.experiments`, for courses and hand-outs of release 0.1. Release 0.3 removes it."""
