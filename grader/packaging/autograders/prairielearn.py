"""PrairieLearn: an image for its external grader, and what info.json of the question must say."""

from __future__ import annotations

from pathlib import Path

import msgspec

from grader.packaging.autograder_parts import Parts, script, write_folder

IMAGE = "autograded"
TIMEOUT = 120
"""Seconds for one submission, the start of Python and torch included; PrairieLearn allows 600."""
DOCKERFILE = """\
FROM python:3.12-slim
COPY source /autograder/source
RUN bash /autograder/source/setup.sh
COPY entrypoint.sh /autograder/entrypoint.sh
ENTRYPOINT ["/autograder/entrypoint.sh"]
"""


def package(parts: Parts, into: Path) -> list[Path]:
    """Write a folder: Dockerfile, the source of the image, and info.json to copy from."""
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
        **{f"source/{name}": data for name, data in parts.files()},
    }
    return write_folder(into, files, frozenset({"entrypoint.sh", "source/setup.sh"}))
