"""`grader forget`: remove the data of students from a results folder, and find files that still name them."""
