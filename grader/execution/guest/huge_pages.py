"""Huge pages for the zygote's memory: a fork copies page tables, and huge pages have 512 times fewer entries.

Theory of operation
    `zygote.prepare_memory` calls `use_huge_pages` after all imports and before the first fork, so that each child is
    forked from collapsed memory. /proc does not exist in the sandbox, so the addresses of Python's objects show which
    memory is in use; madvise asks the kernel to collapse each range of 2 MiB that contains such an address. The
    zygote's environment (`sandbox_levels.ENVIRONMENT`) sets glibc.malloc.hugetlb=1, so that malloc also asks for huge
    pages for memory that torch allocates later. A kernel that cannot collapse memory (before Linux 6.1, or with huge
    pages switched off) makes no huge pages; everything else works as before. `make bench-savings` measures the time
    that huge pages save, and fails when they no longer save any.
"""

from __future__ import annotations

import ctypes
import gc

MADV_HUGEPAGE, MADV_COLLAPSE = 14, 25
HUGE = 2 << 20


def use_huge_pages() -> int:
    """Collapse the memory that holds Python's objects into huge pages; return the number of huge pages."""
    libc = ctypes.CDLL(None)
    libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    in_use = {id(thing) // HUGE for thing in gc.get_objects()}
    made = 0
    for number in sorted({near for used in in_use for near in (used - 1, used, used + 1)}):
        libc.madvise(number * HUGE, HUGE, MADV_HUGEPAGE)
        made += libc.madvise(number * HUGE, HUGE, MADV_COLLAPSE) == 0
    return made
