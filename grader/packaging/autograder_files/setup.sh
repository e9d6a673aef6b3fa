#!/usr/bin/env bash
# This script runs once, while the container is built. It installs Python, the packages, and the sandbox.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
export DEBIAN_FRONTEND=noninteractive

if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  apt-get update
  apt-get install -y --no-install-recommends libseccomp2 bubblewrap ||
    apt-get install -y --no-install-recommends libseccomp2
  python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    apt-get install -y --no-install-recommends python3.11 python3.11-venv ||
    apt-get install -y --no-install-recommends python3 python3-venv
fi

python=""
for candidate in python3.13 python3.12 python3.11 python3; do
  if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    python="$candidate"
    break
  fi
done
if [ -z "$python" ]; then
  echo "Python 3.11 or later with venv was not found. Choose a newer base image (Ubuntu 22.04 or later)." >&2
  exit 1
fi

"$python" -m venv "$here/.venv"
pip=("$here/.venv/bin/pip" install --no-cache-dir --disable-pip-version-check)
torch="$(grep '^torch==' "$here/requirements.txt")"
# First try the index of torch without CUDA: its package is a tenth of the size.
"${pip[@]}" --index-url https://download.pytorch.org/whl/cpu --extra-index-url https://pypi.org/simple "$torch" ||
  "${pip[@]}" "$torch"
"${pip[@]}" -r "$here/requirements.txt"

# Only root may read the solutions, the hidden checks and the seed.
chmod -R u+rwX,go= "$here/course" "$here/autograder.json"
