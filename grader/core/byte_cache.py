"""Cache with a limit in bytes: what student code sends may be a thousand times as large as what others send."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any, Generic, ParamSpec, TypeVar

Key = TypeVar("Key", bound=Hashable)
Item = TypeVar("Item")
Arguments = ParamSpec("Arguments")

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


def text_size(part: object) -> int:
    """Return the bytes of a text, and 0 for all that is no text; for `cached_in_bytes`."""
    return len(part) if isinstance(part, str) else 0


def cached_in_bytes(
    limit: int, size: Callable[[Any], int]
) -> Callable[[Callable[Arguments, Item]], Callable[Arguments, Item]]:
    """Return a decorator that keeps results of a function in up to `limit` bytes, as `functools.lru_cache` keeps many.

    `size` returns approximately how many bytes an argument or a result takes. A result is not kept if it is None, or if
    the call had keyword arguments.
    """

    def decorate(function: Callable[Arguments, Item]) -> Callable[Arguments, Item]:
        cache: ByteCache[tuple[object, ...], Item] = ByteCache(limit)

        @wraps(function)
        def cached(*arguments: Arguments.args, **named: Arguments.kwargs) -> Item:
            if named:
                return function(*arguments, **named)
            found = cache.get(arguments)
            if found is None:
                result = function(*arguments, **named)
                found = cache.put(arguments, result, sum(map(size, (*arguments, result))))
            return found

        return cached

    return decorate
