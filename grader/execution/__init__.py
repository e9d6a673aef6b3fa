"""Execution: `guest` runs student code in a sandbox, `extraction` opens archives in another, `host` starts both."""
