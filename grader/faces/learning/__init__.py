"""What a learner sees in her terminal: progress, the next step, hints, and the page of `grader watch`."""
