"""Build files for others: the hand-out for students, its wheel, a course for nbgrader, autograders for other systems.

Others may import: autograder_bundle, autograder_lookup, handout, nbgrader_course, release_folder.
"""
