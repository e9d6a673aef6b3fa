"""Processes that run student code, started and monitored: workers, pool, Dask, bubblewrap, sandbox levels.

Others may import: pool, worker, child_monitor, portable_worker, dask_pool, sandbox_levels, sandbox_detection.
"""
