"""Start and monitor the processes that run student code: workers, pool, Dask, bubblewrap, sandbox levels.

Others may import: child_monitor, dask_pool, interpreter_conditions, pool, portable_worker, sandbox_detection,
sandbox_levels, worker.
"""
