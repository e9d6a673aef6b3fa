"""Run student code: `guest` is what runs inside the sandbox, `host` starts and watches it."""
