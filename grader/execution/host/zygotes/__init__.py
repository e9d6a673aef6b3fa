"""Zygotes: their start and end, as separate processes or as forks of a fork server, and the children they fork."""
