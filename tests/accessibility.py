"""Check pages with axe-core in the browser of the tests: rules of WCAG 2.2 AA, in light, dark, print and on a phone.

The script axe.min.js (axe-core 4.12, Mozilla Public License 2.0) comes from the package axe-playwright-python (MIT).
Only this script is used, neither the Python code of the package nor Playwright. The tests run the script through the
DevTools protocol, because the content security policy of a page does not block it there. It needs no network.
"""

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from tests.browser import look_as
from tests.tools import unavailable

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
LOOKS = {
    "light": {"scheme": "light"},
    "dark": {"scheme": "dark"},
    "print": {"scheme": "light", "media": "print"},
    "phone": {"scheme": "light", "width": 360},
}
ONLY_ON_A_SCREEN = ("target-size",)
"""Rules that have no meaning on paper, where people press no buttons."""
RUN = """
axe.run(document, {runOnly: {type: "tag", values: %s}, rules: %s, resultTypes: ["violations"]})
   .then(found => JSON.stringify({rules: found.passes.length, violations: found.violations}))
"""


@cache
def axe_script():
    """Return the source of axe-core. If its package is not installed, skip the test, or fail it under REQUIRED."""
    spec = find_spec("axe_playwright_python")
    if spec is None:
        unavailable("no axe-core here: pip install axe-playwright-python")
    return (Path(spec.submodule_search_locations[0]) / "axe.min.js").read_text("utf-8")


def violations(driver, page):
    """Return a text for each violation on a page in each of LOOKS: the look, the rule, the element and the cure."""
    found = []
    for look, options in LOOKS.items():
        look_as(driver, **options)
        driver.get(page.as_uri())
        evaluate(driver, axe_script())
        ignored = ONLY_ON_A_SCREEN if options.get("media") == "print" else ()
        rules = {rule: {"enabled": False} for rule in ignored}
        result = json.loads(evaluate(driver, RUN % (json.dumps(RULES), json.dumps(rules))))
        assert result["rules"] > 10, "axe-core did not run"
        found += [
            f"{page.name} ({look}): {one['id']}: {one['help']}\n    {node['html'][:160]}\n    {node['failureSummary']}"
            for one in result["violations"]
            for node in one["nodes"][:3]
        ]
    return found


def evaluate(driver, script):
    """Run a script in the page through the DevTools protocol, and return its value."""
    answer = driver.execute_cdp_cmd(
        "Runtime.evaluate", {"expression": script, "awaitPromise": True, "returnByValue": True}
    )
    assert "exceptionDetails" not in answer, answer["exceptionDetails"]
    return answer["result"].get("value")
