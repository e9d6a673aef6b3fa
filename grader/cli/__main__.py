"""`python -m grader.cli` is the command `grader`."""

from grader.cli.main import main

main()
