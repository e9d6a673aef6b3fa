"""Huge pages for the zygote's memory: a fork copies page tables, and huge pages have 512 times fewer entries.

Python's objects say where the memory is, since /proc does not exist behind the walls. Where the kernel cannot make huge
pages (before Linux 6.1, or switched off) nothing happens.
"""

from __future__ import annotations

import ctypes
import gc

MADV_HUGEPAGE, MADV_COLLAPSE = 14, 25
HUGE = 2 << 20


def use_huge_pages() -> int:
    """Collapse the memory that holds Python's objects into huge pages; how many were made."""
    libc = ctypes.CDLL(None)
    libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    in_use = {id(thing) // HUGE for thing in gc.get_objects()}
    made = 0
    for number in sorted({near for used in in_use for near in (used - 1, used, used + 1)}):
        libc.madvise(number * HUGE, HUGE, MADV_HUGEPAGE)
        made += libc.madvise(number * HUGE, HUGE, MADV_COLLAPSE) == 0
    return made
