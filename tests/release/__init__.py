"""What is tried before a release: the wheel, the source distribution, and what a learner uses on any system."""
