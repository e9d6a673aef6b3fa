"""Code that runs in the sandbox: zygote, child process, experiments, observations.

It has no right answer and never imports the packages that decide verdicts. Others may import: frames, experiment_files,
observation, watchdog, compiler_placeholder, job_runner, student_code.
"""
