"""Build files to give away: the hand-out of students, its wheel, a course for nbgrader, autograders for other systems.

Others may import: autograder_bundle, autograder_lookup, handout, nbgrader_course, release_folder.
"""
