"""Commands in forks of an interpreter that has imported torch and the grader, because torch takes two seconds."""
