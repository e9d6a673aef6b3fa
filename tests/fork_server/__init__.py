"""Run commands in forks of one interpreter that has imported torch already, because its import takes two seconds."""
