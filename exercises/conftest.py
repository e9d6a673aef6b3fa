"""Says in one line what is missing to check these exercises. It must stay readable for Python 3.6."""

import sys

python = f"{sys.version.split()[0]} ({sys.executable})"
if sys.version_info < (3, 11):  # noqa: UP036  (an older Python is just what is looked for)
    raise SystemExit(f"The exercises need Python 3.11 or newer (练习需要 Python 3.11 或更新版本); this is {python}")
try:
    import grader  # noqa: F401  (whether it is there is the question)
except ImportError:
    raise SystemExit(
        f"autograded is not installed for Python {python} (这个 Python 没有安装 autograded). "
        f"Install it (请安装): {sys.executable} -m pip install autograded"
    ) from None
