"""The parent's side of zygotes: start them as separate processes or as forks of a fork server, and run children."""
