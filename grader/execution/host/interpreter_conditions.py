"""Conditions under which an interpreter runs, apart from its input: hash seed, clock, time zone, working directory.

A right experiment observes the same under all of them. The workers of a run have the default conditions.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass

CLOCK_SHIFT = 400 * 86_400.0
"""Seconds by which another clock is ahead: another year, month and day."""


@dataclass(frozen=True)
class Conditions:
    """Conditions of an interpreter. `clock_shift` is in seconds; an empty zone or folder changes nothing."""

    hash_seed: int = 0
    clock_shift: float = 0.0
    time_zone: str = ""
    folder: str = ""

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that make these conditions."""
        return {"PYTHONHASHSEED": str(self.hash_seed)} | ({"TZ": self.time_zone} if self.time_zone else {})

    @property
    def first_statement(self) -> str:
        """The Python statement that the interpreter runs first, to change its clock; it may be empty."""
        if not self.clock_shift:
            return ""
        shift, nanoseconds = repr(self.clock_shift), int(self.clock_shift * 1e9)
        now = f"time.time = lambda now=time.time: now() + {shift}"
        return f"import time; {now}; time.time_ns = lambda now=time.time_ns: now() + {nanoseconds}; "


USUAL = Conditions()


def other_clock() -> Conditions:
    """Return conditions with another time, and a time zone in which it is another day now."""
    zone = "UTC-14" if time.gmtime().tm_hour >= 10 else "UTC+12"  # in POSIX a zone east of Greenwich is negative
    return Conditions(clock_shift=CLOCK_SHIFT, time_zone=zone)


OTHER_HASH_SEED = Conditions(hash_seed=4321)
OTHER_FOLDER = Conditions(folder=tempfile.gettempdir())


def other_in_all() -> Conditions:
    """Return conditions that differ from the usual ones in everything."""
    clock = other_clock()
    return Conditions(OTHER_HASH_SEED.hash_seed, clock.clock_shift, clock.time_zone, OTHER_FOLDER.folder)
