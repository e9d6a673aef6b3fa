"""Cache with a limit in bytes: what student code sends may be a thousand times as large as what others send."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Item = TypeVar("Item")

LARGEST_SHARE = 16
"""A value that takes more than this part of the limit is not kept: it would displace too many others."""


class ByteCache(Generic[Key, Item]):
    """Values by key, up to `limit` bytes in all; the least recently used ones leave first. Threads may share it."""

    def __init__(self, limit: int) -> None:
        self._limit, self._lock = limit, threading.Lock()
        self._values: OrderedDict[Key, tuple[Item, int]] = OrderedDict()
        self.size = 0

    def get(self, key: Key) -> Item | None:
        """Return the value of a key, or None."""
        with self._lock:
            found = self._values.get(key)
            if found is None:
                return None
            self._values.move_to_end(key)
            return found[0]

    def put(self, key: Key, value: Item, size: int) -> Item:
        """Keep a value that takes `size` bytes; return the value of the key, which another thread may have put."""
        with self._lock:
            if key in self._values:
                return self._values[key][0]
            if size <= self._limit // LARGEST_SHARE:
                self._values[key] = value, size
                self.size += size
            while self.size > self._limit:
                _, (_, removed) = self._values.popitem(last=False)
                self.size -= removed
        return value

    def __len__(self) -> int:
        return len(self._values)
