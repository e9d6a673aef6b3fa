"""Code that runs in the sandbox: zygote, child process, experiments, observations.

This code holds no right answer and never imports the packages that decide verdicts.

Others may import: call_recording.recorded_call, compiler_placeholder, default_limits, experiment_files, frames, job,
job_runner, limits.descriptors, limits.protections, observation, student_code.display_stubs,
student_code.notebook_code, student_code.running_flag, student_code.sibling_imports, student_code.source_file,
student_code.submitted_modules, watchdog, zygote_protocol.
"""
