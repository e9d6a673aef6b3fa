"""Cache with a limit in bytes, not in entries: a value from student code may be a thousand times as large as others."""

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
"""A value is not cached if it takes more than 1/LARGEST_SHARE of the limit: it would displace too many other values."""


class ByteCache(Generic[Key, Item]):
    """Values by key, up to `limit` bytes in all.

    A full cache removes the least recently used values first. Several threads may use one cache.
    """

    def __init__(self, limit: int) -> None:
        self._limit, self._lock = limit, threading.Lock()
        self._values: OrderedDict[Key, tuple[Item, int]] = OrderedDict()
        self.size = 0

    def get(self, key: Key) -> Item | None:
        """Return the value of a key, or None if the cache has no value for the key."""
        with self._lock:
            found = self._values.get(key)
            if found is None:
                return None
            self._values.move_to_end(key)
            return found[0]

    def put(self, key: Key, value: Item, size: int) -> Item:
        """Store a value that takes `size` bytes, unless the value is too large, and return it.

        If the cache has a value for the key already, for example from another thread, return that value instead.
        """
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
    """Return the number of characters of a text, as an estimate of its bytes; 0 for an object that is not a text.

    A `size` function for `cached_in_bytes`.
    """
    return len(part) if isinstance(part, str) else 0


def cached_in_bytes(
    limit: int, size: Callable[[Any], int]
) -> Callable[[Callable[Arguments, Item]], Callable[Arguments, Item]]:
    """Return a decorator that caches the results of a function, like `functools.lru_cache`, in at most `limit` bytes.

    `size` estimates how many bytes an argument or a result takes. A result is not cached if it is None, or if the call
    had keyword arguments.
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
