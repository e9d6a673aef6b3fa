"""What is given away: the hand-out, the wheel, a course for nbgrader, autograders for other systems."""
