"""The files for Slurm and Kubernetes in docs/cluster."""

import os
import signal
import subprocess
import sys

import pytest
import yaml

from tests.cli.test_resume import wait_for
from tests.tools import ROOT, environment

FOLDER = ROOT / "docs" / "cluster"
SBATCH = '#!/bin/sh\ncp "$1" "{job}.part" && mv "{job}.part" "{job}"\necho "Submitted batch job 1"\n'


@pytest.fixture
def slurm(tmp_path):
    """A folder with stand-ins for the two programs of Slurm; they save the job instead of running it."""
    for name, text in {"sbatch": SBATCH.format(job=tmp_path / "job"), "scancel": "#!/bin/sh\n"}.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    return tmp_path


def test_the_script_for_slurm_submits_jobs_whose_workers_come_to_the_address_it_prints(slurm):
    path = os.pathsep.join([str(slurm), os.environ["PATH"]])
    running = subprocess.Popen(
        [sys.executable, FOLDER / "slurm.py", "1"], cwd=slurm, env=environment(PATH=path), stdout=subprocess.PIPE
    )
    try:
        address = running.stdout.readline().decode().split()[-1]
        wait_for(lambda: (slurm / "job").exists() or running.poll() is not None)
    finally:
        running.send_signal(signal.SIGINT)
        running.wait(timeout=60)
    job = (slurm / "job").read_text()
    assert address.startswith("tcp://")
    assert f"dask_worker {address} " in job
    assert "--nworkers 8 " in job
    assert "#SBATCH --cpus-per-task=8" in job


def test_the_cluster_for_kubernetes_runs_one_image_and_its_service_finds_the_scheduler():
    cluster = yaml.safe_load((FOLDER / "kubernetes.yaml").read_text())
    worker, scheduler = (cluster["spec"][part]["spec"]["containers"][0] for part in ("worker", "scheduler"))
    assert (cluster["apiVersion"], cluster["kind"]) == ("kubernetes.dask.org/v1", "DaskCluster")
    assert worker["image"] == scheduler["image"]
    assert worker["args"][:2] == ["dask", "worker"]
    threads = worker["args"][worker["args"].index("--nthreads") + 1]
    assert threads == worker["resources"]["limits"]["cpu"]
    service = cluster["spec"]["scheduler"]["service"]
    assert service["selector"]["dask.org/cluster-name"] == cluster["metadata"]["name"]
    assert {port["targetPort"] for port in service["ports"]} == {port["name"] for port in scheduler["ports"]}
