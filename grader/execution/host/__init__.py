"""Start and monitor the processes that run student code or open archives: workers, pool, Dask, sandbox levels.

Others may import: archive_extraction, child_monitor, dask_pool, interpreter_conditions, job_run, pool,
portable_worker, sandbox_detection, sandbox_levels, submission_budget, worker.
"""
