"""Conditions under which an interpreter runs: hash seed, clock, time zone and working directory.

A correct experiment returns the same observations under all conditions. The doctor tests this. The workers of a grading
run have the usual conditions.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass

CLOCK_SHIFT = 400 * 86_400.0
"""Seconds by which the clock of `other_clock` is ahead. The number is large enough to change year, month and day."""


@dataclass(frozen=True)
class Conditions:
    """Conditions of an interpreter.

    `clock_shift` is in seconds. An empty `time_zone` or `folder` leaves the zone or the working directory unchanged.
    """

    hash_seed: int = 0
    clock_shift: float = 0.0
    time_zone: str = ""
    folder: str = ""

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that set hash seed and time zone."""
        return {"PYTHONHASHSEED": str(self.hash_seed)} | ({"TZ": self.time_zone} if self.time_zone else {})

    @property
    def first_statement(self) -> str:
        """The Python statements that the interpreter runs first, to change its clock; "" without a change."""
        if not self.clock_shift:
            return ""
        shift, nanoseconds = repr(self.clock_shift), int(self.clock_shift * 1e9)
        now = f"time.time = lambda now=time.time: now() + {shift}"
        return f"import time; {now}; time.time_ns = lambda now=time.time_ns: now() + {nanoseconds}; "


USUAL = Conditions()


def other_clock() -> Conditions:
    """Return conditions with another time, and with a time zone in which the date differs from that of UTC."""
    zone = "UTC-14" if time.gmtime().tm_hour >= 10 else "UTC+12"  # POSIX writes zones east of Greenwich with a minus
    return Conditions(clock_shift=CLOCK_SHIFT, time_zone=zone)


OTHER_HASH_SEED = Conditions(hash_seed=4321)
OTHER_FOLDER = Conditions(folder=tempfile.gettempdir())


def other_in_all() -> Conditions:
    """Return conditions that differ from the usual ones in hash seed, clock, time zone and working directory."""
    clock = other_clock()
    return Conditions(OTHER_HASH_SEED.hash_seed, clock.clock_shift, clock.time_zone, OTHER_FOLDER.folder)
