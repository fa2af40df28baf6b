"""How much of strangers' bodies is held at once: whoever brings more waits until others are done."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Share:
    """What one answer holds: until it is known how much came, its cap."""

    def __init__(self) -> None:
        self.kept = 0

    def keep(self, size: int) -> None:
        """Hold so many bytes on: whoever takes the body gives them back, with `BodyMemory.free`."""
        self.kept = size


class BodyMemory:
    """Bytes of bodies on the wire, in listings being read, and in pages that are not sealed yet. First come, first served.

    Args:
        limit: Most bytes at once; one answer is always let through, however much it may bring.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._used = 0
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @property
    def used(self) -> int:
        """Bytes held now."""
        return self._used

    @asynccontextmanager
    async def share(self, most: int) -> AsyncIterator[Share]:
        """Wait for room for an answer of at most so many bytes; what it does not keep is given back at the end."""
        await self._take(most)
        share = Share()
        try:
            yield share
        finally:
            self.free(most - share.kept)

    def free(self, size: int) -> None:
        """Give bytes back."""
        self._used -= size
        while self._waiting and self._has_room(self._waiting[0][0]):
            wanted, turn = self._waiting.popleft()
            if not turn.done():
                self._used += wanted
                turn.set_result(None)

    def _has_room(self, size: int) -> bool:
        return self._used <= 0 or self._used + size <= self._limit

    async def _take(self, size: int) -> None:
        if not size or (not self._waiting and self._has_room(size)):
            self._used += size
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((size, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.free(size)
            raise
