"""Run commands in forks of one interpreter that has already imported torch, because the import takes two seconds."""
