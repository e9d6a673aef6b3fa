"""Everything that runs in the sandbox: zygote, child, experiments, observations.

It holds no right answer and never imports what decides. Others may import: frames, experiment_files, observation,
watchdog, compiler_placeholder, job_runner, student_code.
"""
