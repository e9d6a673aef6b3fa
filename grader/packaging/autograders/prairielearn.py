"""PrairieLearn: the files of a container image that grades, and the settings for the info.json of a question."""

from __future__ import annotations

from pathlib import Path

import msgspec

from grader.packaging.autograder_bundle import AutograderBundle, script, write_files

IMAGE = "autograded"
TIMEOUT = 120
"""Time limit, in seconds, for one submission, including the start of Python and torch. PrairieLearn allows at most 600.
"""
DOCKERFILE = """\
FROM python:3.12-slim
COPY source /autograder/source
RUN bash /autograder/source/setup.sh
COPY entrypoint.sh /autograder/entrypoint.sh
ENTRYPOINT ["/autograder/entrypoint.sh"]
"""


def package(bundle: AutograderBundle, into: Path) -> list[Path]:
    """Write a folder with the Dockerfile, the files of the image, and an info.json whose settings the author copies."""
    options = {
        "enabled": True,
        "image": IMAGE,
        "entrypoint": "/autograder/entrypoint.sh",
        "timeout": TIMEOUT,
        "enableNetworking": False,
    }
    info = {"gradingMethod": "External", "externalGradingOptions": options}
    files = {
        "Dockerfile": DOCKERFILE.encode(),
        "entrypoint.sh": script("entrypoint.sh"),
        "info.json": msgspec.json.format(msgspec.json.encode(info), indent=2) + b"\n",
        "source/setup.sh": script("setup.sh"),
        **{f"source/{name}": data for name, data in bundle.files()},
    }
    return write_files(into, files, frozenset({"entrypoint.sh", "source/setup.sh"}))
