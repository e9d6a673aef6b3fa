"""The old path of `grader.experiments`, for courses and hand-outs of release 0.1. It goes with release 0.3."""
