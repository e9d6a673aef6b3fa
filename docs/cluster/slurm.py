"""Workers for `grader grade --dask` on a Slurm cluster: run this on the login node, and leave it running.

pip install 'autograded[cluster]' dask-jobqueue     in a virtual environment that every node can read
python slurm.py 64                                  64 jobs of 8 workers; prints the address to grade with
"""

import signal
import sys
import tempfile

from dask_jobqueue import SLURMCluster

CORES = 8  # workers of one job: each keeps one processor busy
MEMORY = "16 GB"  # of one job: a worker needs about 0.6 GB for torch, and room for what submissions may use

jobs = int(sys.argv[1]) if len(sys.argv) > 1 else 1
cluster = SLURMCluster(
    cores=CORES,
    processes=CORES,
    memory=MEMORY,
    walltime="02:00:00",
    local_directory=tempfile.gettempdir(),  # on the node itself: a shared disk is slow
    worker_extra_args=["--lifetime", "115m"],  # ends before Slurm would kill it; its submissions go to others
    death_timeout=120,
    python=sys.executable,
    interface=None,  # a fast network has a name of its own, such as "ib0"
)
cluster.scale(jobs=jobs)
print(f"grader grade SUBMISSIONS --out RESULTS --dask {cluster.scheduler_address}", flush=True)
try:
    signal.pause()
except KeyboardInterrupt:
    cluster.close()
