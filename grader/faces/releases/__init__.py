"""What is given away: the student's hand-out, and a course for nbgrader."""
