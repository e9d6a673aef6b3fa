"""`python -m grader.cli` is the command `grader`."""

from grader.cli.app import main

main()
