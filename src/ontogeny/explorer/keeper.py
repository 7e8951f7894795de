"""The newest of what was made, in memory."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

Made = TypeVar("Made")


class Keeper:
    """At most `kept` things by what they were made from; the least recently used go first."""

    def __init__(self, kept: int) -> None:
        self._kept, self._lock, self._making = kept, threading.Lock(), threading.RLock()
        self._things: OrderedDict[Hashable, Any] = OrderedDict()

    def peek(self, key: Hashable) -> Any:
        """What is kept under the key, or None."""
        with self._lock:
            if key in self._things:
                self._things.move_to_end(key)
            return self._things.get(key)

    def put(self, key: Hashable, thing: Made) -> Made:
        """Keep the thing under the key."""
        with self._lock:
            self._things[key] = thing
            self._things.move_to_end(key)
            while len(self._things) > self._kept:
                self._things.popitem(last=False)
        return thing

    def get(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What `make` gives, or gave when the same key was asked for before; made once, even if two ask at once."""
        with self._making:
            found = self.peek(key)
            return found if found is not None else self.put(key, make())
