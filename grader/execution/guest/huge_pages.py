"""Huge pages for the zygote's memory, which make each fork faster.

A fork copies the page table of the zygote, and a page table of huge pages has 512 times fewer entries.

Theory of operation
    `zygote.prepare_memory` calls `use_huge_pages` after all imports and before the first fork, so that every fork is
    fast. The sandbox has no /proc that would list the memory in use, so this module uses the addresses of Python's
    objects. For each range of 2 MiB that contains such an address, and for its two neighbors, it asks the kernel to
    turn the range into a huge page (madvise with MADV_COLLAPSE). The zygote's environment
    (`sandbox_levels.ENVIRONMENT`) sets glibc.malloc.hugetlb=1, so that malloc also asks for huge pages for memory that
    torch allocates later. If the kernel is older than Linux 6.1, or huge pages are switched off, the zygote keeps small
    pages, and everything else works as before. `make bench-savings` measures the time that huge pages save, and fails
    when they no longer save any.
"""

from __future__ import annotations

import ctypes
import gc

MADV_HUGEPAGE, MADV_COLLAPSE = 14, 25
HUGE = 2 << 20


def use_huge_pages() -> int:
    """Turn the memory that holds Python's objects into huge pages; return the number of huge pages."""
    libc = ctypes.CDLL(None)
    libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    in_use = {id(thing) // HUGE for thing in gc.get_objects()}
    made = 0
    for number in sorted({near for used in in_use for near in (used - 1, used, used + 1)}):
        libc.madvise(number * HUGE, HUGE, MADV_HUGEPAGE)
        made += libc.madvise(number * HUGE, HUGE, MADV_COLLAPSE) == 0
    return made
