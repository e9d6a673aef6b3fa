"""Packages for others: the hand-out of students, its wheel, a course for nbgrader, autograders for other systems."""
