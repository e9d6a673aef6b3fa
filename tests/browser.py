"""Headless Chromium for tests of pages.

On a machine without Chromium these tests are skipped with a reason. If the environment variable
`tests.tools.REQUIRED` is set, as in CI, they fail.
"""

import json
import shutil

from tests.tools import import_or_skip, unavailable

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--window-size=1200,900",
]


def start(profile):
    """Start Chromium with a profile in this folder; return its driver. Without Chromium, skip or fail the test."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if not (chromium and driver):
        unavailable("no chromium with chromedriver here: apt-get install chromium chromium-driver")
    webdriver = import_or_skip("selenium.webdriver")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))


def requested(driver):
    """Return the addresses that the page requested since the last call."""
    events = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    return [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]


def complaints(driver):
    """Return the messages in the console of the page since the last call."""
    return [entry["message"] for entry in driver.get_log("browser")]


def look_as(driver, width=1200, height=900, scheme="light", media="screen"):
    """Show pages in a window of this size in pixels, in light or dark colors, as on a screen or as on paper."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})
